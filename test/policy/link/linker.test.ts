/** Documents among the others: what changes from commit to commit is linked again, and nothing else decides. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PolicyCompiler } from '../../../src/policy/policy-compiler.ts'
import { compile, printProblems } from '../../support/policy-files.ts'
import {
  aMeshConfig,
  aMeshPolicy,
  aNamespace,
  anAccount,
  anOsmPolicy,
  aRouteGroup,
  aSplit,
  aTcpRoute,
  aTrafficTarget,
} from '../kinds/documents.ts'

/** What may stand in a file from one commit to the next: documents that refer to one another, right and wrong. */
const DOCUMENTS = [
  '',
  aNamespace('shop'),
  aNamespace('web'),
  aNamespace('web', { 'openservicemesh.io/ignore': 'true' }),
  aRouteGroup(),
  aRouteGroup([{ name: 'all', pathRegex: '/all' }, { name: 'some' }]),
  aRouteGroup([{ name: 'al' }]),
  aRouteGroup([{ name: 'all' }], 'route'),
  aTcpRoute([80]),
  aTrafficTarget(),
  aTrafficTarget({ sources: [anAccount('a', 'far')] }),
  aTrafficTarget({ rules: [{ kind: 'TCPRoute', name: 'tcp' }] }, { name: 'other' }),
  aTrafficTarget({ rules: [] }),
  aSplit(),
  aSplit({ service: 'web-v2', backends: [{ service: 'web-v3', weight: 1 }] }, 'second'),
  aSplit({ matches: [{ kind: 'HTTPRouteGroup', name: 'routes' }] }, 'third'),
  aMeshConfig({ traffic: { enablePermissiveTrafficPolicyMode: true } }),
  aMeshPolicy({ access: 'permissive' }),
  anOsmPolicy('UpstreamTrafficSetting', { host: 'web', httpRoutes: [{ path: '/all' }] }),
  anOsmPolicy('UpstreamTrafficSetting', { host: 'api.example.com' }),
  anOsmPolicy('Egress', {
    sources: [anAccount('a')],
    hosts: ['api.example.com'],
    ports: [{ number: 80, protocol: 'http' }],
  }),
  '{apiVersion: v1, kind: Secret, metadata: {name: a}}',
]

const aFileSet = fc.dictionary(
  fc.constantFrom('a.yaml', 'b.yaml', 'c.yaml', 'd.yaml', 'e.yaml', 'f.yaml', 'g.yaml'),
  fc.constantFrom(...DOCUMENTS),
  { minKeys: 1 },
)

function meaningOf(result: ReturnType<typeof compile>): unknown {
  return JSON.parse(
    JSON.stringify(result, (_key, value: unknown) => (value instanceof Map ? [...value] : value)),
  )
}

describe('a compiler that has seen other commits', () => {
  it('says of the next one what a fresh one says', () => {
    fc.assert(
      fc.property(fc.array(aFileSet, { minLength: 2, maxLength: 6 }), (commits) => {
        const compiler = new PolicyCompiler()
        for (const files of commits)
          expect(meaningOf(compile(files, compiler))).toEqual(meaningOf(compile(files)))
      }),
      { numRuns: 300 },
    )
  })

  it('says the same of the same commit in another order of its files', () => {
    fc.assert(
      fc.property(aFileSet, (files) => {
        const reversed = Object.fromEntries(Object.entries(files).reverse())
        expect(meaningOf(compile(reversed))).toEqual(meaningOf(compile(files)))
      }),
    )
  })
})

describe('the same object twice (D29)', () => {
  it('is a problem that names both places, in one file or in two', () => {
    const { problems } = compile({
      'a.yaml': `${aNamespace('shop')}\n---\n${aNamespace('shop')}\n`,
      'b.yaml': aNamespace('shop'),
    })
    expect(printProblems(problems)).toMatchInlineSnapshot(`
      "a.yaml:3:58 error PLB0330 metadata.name
        Namespace shop is already declared at a.yaml:1
        fix: remove one of the two, or give it another name
        see a.yaml:1
      b.yaml:1:58 error PLB0330 metadata.name
        Namespace shop is already declared at a.yaml:1
        fix: remove one of the two, or give it another name
        see a.yaml:1"
    `)
  })

  it('is one object whatever its versions', () => {
    const old = aSplit({}, 'web', 'v1alpha2')
    expect(compile([aNamespace('shop'), aSplit(), old]).problems.map(({ code }) => code)).toEqual([
      'PLB0330',
    ])
  })
})

describe('what nobody refers to', () => {
  it('is worth a warning', () => {
    const { problems } = compile([aNamespace('shop'), aRouteGroup(), aTcpRoute([80])])
    expect(problems.map(({ code }) => code)).toEqual(['PLB0610', 'PLB0610'])
  })

  it('is not told while a document has errors that may be the one', () => {
    const broken = aTrafficTarget({ destination: 7 })
    const { problems } = compile([aNamespace('shop'), aRouteGroup(), broken])
    expect(problems.map(({ code }) => code)).toEqual(['PLB0312'])
  })
})

describe('a reference to an object with errors', () => {
  it('is told of the errors only', () => {
    const target = aTrafficTarget({ sources: [anAccount('a')] })
    const { problems } = compile([aNamespace('shop'), aRouteGroup([{ name: 7 }]), target])
    expect(problems.map(({ code }) => code)).toEqual(['PLB0313'])
  })
})

describe('objects of a namespace that is not enrolled', () => {
  it('have no effect, and each says so', () => {
    const { problems } = compile([aRouteGroup(), aTrafficTarget({ sources: [anAccount('a')] })])
    expect(problems.map(({ code }) => code)).toEqual(['PLB0409', 'PLB0409'])
  })

  it('say nothing more when the Namespace itself has errors', () => {
    const broken = aNamespace('shop', {}, { 'openservicemesh.io/metrics': 'maybe' })
    const { problems } = compile([broken, aMeshPolicy({})])
    expect(problems.map(({ code }) => code)).toEqual(['PLB0540'])
  })
})
