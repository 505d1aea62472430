/** The files of a commit come to an Intent or to every problem in them, at a cost that follows the change. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PolicyCompiler } from '../../src/policy/policy-compiler.ts'
import { A_COMMIT, aFile, compile, compileValid, printProblems } from '../support/policy-files.ts'

const ENROLLED = (name: string) => `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels: {openservicemesh.io/monitored-by: plumbline}
`

const ROUTES = `apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: routes, namespace: shop}
spec:
  matches:
    - {name: buy, pathRegex: /buy, methods: [POST]}
    - {name: look, pathRegex: /look, methods: [GET]}
`

const GRANT = (name: string, match: string) => `apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: ${name}, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: ${name}, namespace: shop}
  sources: [{kind: ServiceAccount, name: web, namespace: web}]
  rules: [{kind: HTTPRouteGroup, name: routes, matches: [${match}]}]
`

const SHOP = {
  'shop/namespace.yaml': ENROLLED('shop'),
  'web/namespace.yaml': ENROLLED('web'),
  'shop/routes.yaml': ROUTES,
  'shop/till.yaml': GRANT('till', 'buy'),
  'shop/shelf.yaml': GRANT('shelf', 'look'),
}

describe('policies-example', () => {
  it('is valid without a warning', () => {
    const root = 'policies-example'
    const files = readdirSync(root, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => aFile(relative(root, path), readFileSync(path, 'utf8')))
    const result = new PolicyCompiler().compile({ commit: A_COMMIT, files, root: '' })
    expect(printProblems(result.problems)).toBe('')
    expect(result.type === 'valid' && [...result.intent.grants.keys()]).toEqual([
      'access.smi-spec.io/TrafficTarget/bookstore/bookstore-v1',
      'access.smi-spec.io/TrafficTarget/bookstore/bookstore-v2',
      'access.smi-spec.io/TrafficTarget/bookwarehouse/bookwarehouse',
    ])
  })
})

describe('a commit', () => {
  it('with an error anywhere has no Intent, and every problem of it is told', () => {
    const result = compile({
      ...SHOP,
      'shop/till.yaml': GRANT('till', 'by'),
      'shop/shelf.yaml': GRANT('shelf', 'look').replace('name: routes,', 'name: rotues,'),
      'web/split.yaml': `apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: web, namespace: web}
spec:
  service: web
  backends: [{service: web-v1, weight: 0}]
`,
    })
    expect(result).not.toHaveProperty('intent')
    expect(printProblems(result.problems)).toMatchInlineSnapshot(`
      "shop/shelf.yaml:7:40 error PLB0401 spec.rules[0].name
        there is no HTTPRouteGroup rotues in the namespace shop of this commit
        fix: write routes
      shop/till.yaml:7:58 error PLB0402 spec.rules[0].matches[0]
        HTTPRouteGroup routes has no match named "by"; it has buy, look
        fix: write buy
      web/split.yaml:6:13 error PLB0521 spec.backends
        every weight is 0, so the traffic of the service would go nowhere
        fix: give at least one backend a weight of 1 or more"
    `)
  })

  it('of no documents is valid, asks for nothing, and says so', () => {
    const result = compile({ 'notes.yaml': '# nothing yet\n' })
    expect(result.type).toBe('valid')
    expect(printProblems(result.problems)).toMatchInlineSnapshot(`
      ".:1:1 warning PLB0340
        there is no policy document under this path
        fix: check the path and .plumbignore; an empty commit removes nothing from the cluster"
    `)
  })

  it('means the same however its documents are laid out in files', () => {
    const { commit: _, ...apart } = compileValid(SHOP)
    const { commit: __, ...together } = compileValid([
      [SHOP['shop/till.yaml'], SHOP['web/namespace.yaml'], SHOP['shop/routes.yaml']].join('---\n'),
      [SHOP['shop/shelf.yaml'], SHOP['shop/namespace.yaml']].join('---\n'),
    ])
    const meaning = (intent: object) =>
      JSON.parse(
        JSON.stringify(intent, (key, value: unknown) => {
          if (key === 'location') return undefined
          return value instanceof Map ? [...value] : value
        }),
      ) as unknown
    expect(meaning(together)).toEqual(meaning(apart))
  })
})

describe('the next commit', () => {
  it('keeps the parts of the Intent that did not change as the objects they were', () => {
    const compiler = new PolicyCompiler()
    const before = compileValid(SHOP, compiler)
    const after = compileValid({ ...SHOP, 'shop/till.yaml': GRANT('till', 'look') }, compiler)
    const changed = [...after.grants].filter(([key, grant]) => before.grants.get(key) !== grant)
    expect(changed.map(([key]) => key)).toEqual(['access.smi-spec.io/TrafficTarget/shop/till'])
    expect(after.grants.get(changed[0]![0])?.http.map(({ match }) => match.name)).toEqual(['look'])
    expect(after.objects.filter((object) => !before.objects.includes(object))).toHaveLength(1)
  })

  it('resolves again what refers to an object that changed', () => {
    const compiler = new PolicyCompiler()
    compileValid(SHOP, compiler)
    const after = compileValid(
      { ...SHOP, 'shop/routes.yaml': ROUTES.replace('/buy,', '/purchase,') },
      compiler,
    )
    const grant = [...after.grants.values()].find(({ id }) => id.name === 'till')
    expect(grant?.http[0]?.match.pathRegex).toBe('/purchase')
  })

  it('that mends a reference is valid, and one that breaks it is not', () => {
    const compiler = new PolicyCompiler()
    const { 'shop/routes.yaml': _, ...without } = SHOP
    expect(compile(without, compiler).type).toBe('invalid')
    expect(compile(SHOP, compiler).type).toBe('valid')
    expect(compile(without, compiler).type).toBe('invalid')
  })

  it('is read under its own settings', () => {
    const compiler = new PolicyCompiler()
    const bounded = { ...SHOP, '.plumbline.yaml': 'namespaces: [shop]\n' }
    expect(compile(SHOP, compiler).type).toBe('valid')
    expect(compile(bounded, compiler).problems.map(({ code }) => code)).toEqual(['PLB0306'])
    expect(compile(SHOP, compiler).type).toBe('valid')
  })
})
