/** What of metadata is ours to set (D23, D25, D35). */
import { describe, expect, it } from 'vitest'
import { compile, compileValid } from '../../support/policy-files.ts'
import { aRouteGroup, aTrafficTarget, ENROLLED } from './documents.ts'

/** A route group in YAML with this metadata. */
function withMetadata(metadata: string): string {
  return `apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: ${metadata}
spec: {matches: [{name: all}]}
`
}

function problemsOf(metadata: string) {
  const { problems } = compile([...ENROLLED, withMetadata(metadata)])
  return problems.filter(({ code }) => code !== 'PLB0610')
}

describe('metadata', () => {
  it.each([
    ['{name: 7, namespace: shop}', 'PLB0313', 'write "7"'],
    ['{name: 1.10, namespace: shop}', 'PLB0313', 'write "1.10"'],
    ['{name: a, namespace: true}', 'PLB0313', 'write "true"'],
    ['{name: a, namespace: shop, labels: {version: 1.20}}', 'PLB0313', 'write "1.20"'],
    ['{name: a, namespace: shop, annotations: {at: 2}}', 'PLB0313', 'write "2"'],
    ['{name: [a], namespace: shop}', 'PLB0312', 'write text'],
    ['{namespace: shop}', 'PLB0311', 'add metadata.name'],
    ['{name: , namespace: shop}', 'PLB0316', 'give it a value, or take the key out'],
    ['{name: "", namespace: shop}', 'PLB0320', 'choose another name'],
    ['{name: a.-b, namespace: shop}', 'PLB0320', 'choose another name'],
    ['{name: A B, namespace: shop}', 'PLB0320', 'write a-b'],
    ['{name: a, namespace: my.shop}', 'PLB0320', 'write my-shop'],
    ['{generateName: a-, namespace: shop}', 'PLB0324', 'write metadata.name'],
    ['{name: a, namespace: shop, finalizers: [x]}', 'PLB0325', 'remove it'],
    ['{name: a, namespace: shop, ownerReferences: []}', 'PLB0325', 'remove it'],
    ['{name: a, namespace: shop, deletionTimestamp: null}', 'PLB0325', 'remove it'],
    ['{name: a, namespace: shop, label: {}}', 'PLB0310', 'write labels'],
    ['{name: a, namespace: shop, labels: [a]}', 'PLB0312', 'write a mapping'],
    ['{name: a, namespace: shop, labels: {"a b": c}}', 'PLB0326', 'choose another key'],
    [
      '{name: a, namespace: shop, labels: {a: "b c"}}',
      'PLB0326',
      'shorten it, or make it an annotation',
    ],
    ['{name: a, namespace: shop, labels: {plumbline.dev/x: b}}', 'PLB0327', 'remove it'],
    [
      '{name: a, namespace: shop, annotations: {plumbline.dev/destination-port: "80"}}',
      'PLB0327',
      'remove it',
    ],
    ['7', 'PLB0312', 'add metadata with a name'],
  ])('%s is refused as %s: %s', (metadata, code, fix) => {
    expect(problemsOf(metadata)).toMatchObject([{ severity: 'error', code, fix }])
  })

  it.each([
    'uid: u',
    'resourceVersion: "1"',
    'generation: 1',
    'managedFields: []',
    'selfLink: /a',
    'creationTimestamp: "2020-01-01T00:00:00Z"',
  ])('with %s, which the API server sets, is read without it, with a warning (D25)', (field) => {
    const metadata = `{name: a, namespace: shop, ${field}}`
    expect(problemsOf(metadata)).toMatchObject([{ severity: 'warning', code: 'PLB0323' }])
    const { objects } = compileValid([...ENROLLED, withMetadata(metadata)])
    expect(objects.at(-1)?.object.metadata).toEqual({ name: 'a', namespace: 'shop' })
  })

  it('may have what generators leave empty, silently (D25)', () => {
    expect(
      problemsOf('{name: a, namespace: shop, creationTimestamp: null, labels: , annotations: }'),
    ).toEqual([])
  })

  it('without a namespace goes to the default one, with a warning (D23)', () => {
    const files = {
      'a.yaml': withMetadata('{name: a}'),
      'b.yaml': ENROLLED[0]!,
      '.plumbline.yaml': 'defaultNamespace: shop\n',
    }
    expect(compile(files).problems.map(({ code }) => code)).toEqual(['PLB0610', 'PLB0321'].sort())
    expect(compileValid(files).objects.at(-1)?.id.namespace).toBe('shop')
  })

  it('holds rules about namespaces against the default one (D23)', () => {
    const target = aTrafficTarget({}, { namespace: undefined })
    const codes = compile([...ENROLLED, aRouteGroup(), target]).problems.map(({ code }) => code)
    expect(codes).toEqual(['PLB0321', 'PLB0503'])
  })
})
