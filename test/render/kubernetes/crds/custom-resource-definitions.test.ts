/** The definitions of our kinds are what an API server takes, and say the same as the rest of the program. */
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../../src/model/kubernetes-object.ts'
import { API_RESOURCES } from '../../../../src/reconciler/api-resources.ts'
import { customResourceDefinitions } from '../../../../src/render/kubernetes/crds/custom-resource-definitions.ts'
import { toStructuralSchema } from '../../../../src/render/kubernetes/crds/structural-schema.ts'

interface Version {
  readonly name: string
  readonly storage: boolean
  readonly served: boolean
  readonly subresources?: unknown
  readonly schema: { readonly openAPIV3Schema: object }
}

interface Spec {
  readonly group: string
  readonly scope: string
  readonly names: { readonly kind: string; readonly plural: string; readonly shortNames?: string[] }
  readonly versions: readonly Version[]
}

const DEFINITIONS = customResourceDefinitions()

function specOf(object: KubernetesObject | undefined): Spec {
  return object?.['spec'] as Spec
}

function specOfKind(kind: string): Spec {
  return specOf(DEFINITIONS.find((object) => specOf(object).names.kind === kind))
}

/** Every schema within a schema, with the keywords it uses. */
function keywordsIn(schema: object): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword === 'properties')
      return ['properties', ...Object.values(value as object).flatMap(keywordsIn)]
    const isNested = keyword === 'items' || keyword === 'additionalProperties'
    return isNested ? [keyword, ...keywordsIn(value as object)] : [keyword]
  })
}

describe('the definitions of our kinds', () => {
  it('name the kinds as our own API does, short names, status and stored version included', () => {
    const defined = DEFINITIONS.map((object) => {
      const { group, scope, names, versions } = specOf(object)
      const stored = versions.filter(({ storage }) => storage)
      expect(object.metadata.name).toBe(`${names.plural}.${group}`)
      expect(stored).toHaveLength(1)
      return {
        ...{ group, version: stored[0]?.name, kind: names.kind, plural: names.plural },
        shortNames: names.shortNames ?? [],
        namespaced: scope === 'Namespaced',
        hasStatus: stored[0]?.subresources !== undefined,
      }
    })
    const ours = API_RESOURCES.filter(({ group }) =>
      /smi-spec|openservicemesh|plumbline/.test(group),
    )
    const byKind = (a: { readonly kind: string }, b: { readonly kind: string }) =>
      a.kind < b.kind ? -1 : 1
    expect(defined.toSorted(byKind)).toEqual(ours.toSorted(byKind))
  })

  it('serve every version that is read, and open the older ones, which differ in shape', () => {
    const { versions } = specOfKind('TrafficTarget')
    expect(versions.map(({ name, served }) => [name, served])).toEqual([
      ['v1alpha3', true],
      ['v1alpha2', true],
      ['v1alpha1', true],
    ])
    for (const { schema } of versions.slice(1))
      expect(schema.openAPIV3Schema).toEqual({
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
      })
  })

  it('give the stored version a schema of its fields, and leave judging values to the commit', () => {
    const [stored] = specOfKind('TrafficSplit').versions
    expect(stored?.schema.openAPIV3Schema).toMatchObject({
      type: 'object',
      required: ['spec'],
      properties: {
        spec: {
          type: 'object',
          required: ['service', 'backends'],
          properties: {
            service: { type: 'string' },
            backends: { type: 'array', items: { type: 'object', required: ['service', 'weight'] } },
          },
        },
        status: { 'x-kubernetes-preserve-unknown-fields': true },
      },
    })
  })

  it('use no keyword that a structural schema may not have, and judge no values of policies', () => {
    const policies = DEFINITIONS.filter((object) => specOf(object).names.kind !== 'MeshRepository')
    const used = policies.flatMap((object) =>
      specOf(object).versions.flatMap(({ schema }) => keywordsIn(schema.openAPIV3Schema)),
    )
    expect([...new Set(used)].sort()).toEqual([
      'additionalProperties',
      'description',
      'enum',
      'items',
      'properties',
      'required',
      'type',
      'x-kubernetes-preserve-unknown-fields',
    ])
  })
})

describe('a structural schema', () => {
  it('keeps the shape and drops bounds, constants and what forbids further fields', () => {
    expect(
      toStructuralSchema({
        type: 'object',
        additionalProperties: false,
        required: ['a'],
        properties: {
          a: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 0 } },
          b: { type: 'object', additionalProperties: { type: 'string', pattern: '^x' } },
          c: { type: 'string', enum: ['x', 'y'] },
        },
      }),
    ).toEqual({
      type: 'object',
      required: ['a'],
      properties: {
        a: { type: 'array', items: { type: 'integer' } },
        b: { type: 'object', additionalProperties: { type: 'string' } },
        c: { type: 'string', enum: ['x', 'y'] },
      },
    })
  })

  it.each([
    ['one of several types', { type: ['string', 'number'] }],
    ['one of several shapes', { anyOf: [{ type: 'object' }, { type: 'array' }] }],
    ['anything', {}],
  ])('stores as it is what may be %s', (_what, schema) => {
    expect(toStructuralSchema(schema)).toEqual({ 'x-kubernetes-preserve-unknown-fields': true })
  })
})
