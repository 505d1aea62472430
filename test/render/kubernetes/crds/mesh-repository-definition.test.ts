/** The definition of MeshRepository says what the reader of it reads. What an API server makes of it is in test/real. */
import { expect, it } from 'vitest'
import { readMeshRepository } from '../../../../src/reconciler/repositories/read-mesh-repository.ts'
import { toRepositoryStatus } from '../../../../src/reconciler/repositories/to-repository-status.ts'
import { meshRepositoryDefinition } from '../../../../src/render/kubernetes/crds/mesh-repository-definition.ts'
import { MESH_REPOSITORY_SPEC } from '../../../../src/render/kubernetes/crds/mesh-repository-spec-schema.ts'
import { MESH_REPOSITORY_STATUS } from '../../../../src/render/kubernetes/crds/mesh-repository-status-schema.ts'
import { aMeshRepository } from '../../../support/control-cluster.ts'
import {
  aDrift,
  anEnforcedState,
  aProblem,
  aRecord,
  at,
  sha,
} from '../../../support/repository-states.ts'

interface Schema {
  readonly type?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly maxLength?: number
  readonly maxItems?: number
  readonly required?: readonly string[]
}

const SPEC = MESH_REPOSITORY_SPEC as Schema
const STATUS = MESH_REPOSITORY_STATUS as Schema

/** As the API server fills in what is left out. */
function withDefaults(value: unknown, schema: Schema): unknown {
  const given = value ?? schema.default
  if (schema.properties === undefined || typeof given !== 'object') return given
  const entries = Object.entries(schema.properties).flatMap(([name, field]) => {
    const member = withDefaults((given as Readonly<Record<string, unknown>>)[name], field)
    return member === undefined ? [] : [[name, member] as const]
  })
  return Object.fromEntries(entries)
}

function placesOf(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  return [
    [path, schema],
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
      placesOf(field, `${path}.${name}`),
    ),
    ...(schema.items === undefined ? [] : placesOf(schema.items, `${path}[]`)),
  ]
}

/** The fields of a value that a schema would drop. */
function droppedFrom(value: unknown, schema: Schema, path: string): readonly string[] {
  if (Array.isArray(value))
    return value.flatMap((item) => droppedFrom(item, schema.items ?? {}, `${path}[]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const field = schema.properties?.[name]
    return field === undefined ? [`${path}.${name}`] : droppedFrom(member, field, `${path}.${name}`)
  })
}

it('has the defaults that are read where there is no API server to fill them in', () => {
  const bare = aMeshRepository()
  const filled = { ...bare, spec: withDefaults(bare['spec'], SPEC) }
  expect(Object.keys(filled['spec'] as object)).toContain('createNamespaces')
  expect(readMeshRepository(filled)).toEqual(readMeshRepository(bare))
})

it('has the fields that are read, and no others', () => {
  const every = Object.fromEntries(Object.keys(SPEC.properties ?? {}).map((name) => [name, null]))
  const read = readMeshRepository(aMeshRepository({ ...every, url: 'https://a/b', other: 1 }))
  expect(read.ok ? [] : read.error).toEqual([
    `spec.other is no field of a MeshRepository; use ${Object.keys(SPEC.properties ?? {}).join(', ')}`,
  ])
})

it('bounds every text and list of the spec, or the rules would cost the API server too much', () => {
  const unbounded = placesOf(SPEC, 'spec').filter(
    ([, schema]) =>
      (schema.type === 'string' && schema.maxLength === undefined && !('enum' in schema)) ||
      (schema.type === 'array' && schema.maxItems === undefined),
  )
  expect(unbounded).toEqual([])
})

it('describes every field of the spec for kubectl explain', () => {
  const silent = placesOf(SPEC, 'spec').filter(
    ([path, schema]) => !path.endsWith('[]') && !('description' in schema),
  )
  expect(silent).toEqual([])
})

it('keeps every field of a status', () => {
  const location = { file: 'a.yaml', line: 1, column: 1 }
  const nack = { proxy: 'p', type: 'Cluster', name: 'c', error: 'e', origins: [location] }
  const status = toRepositoryStatus(
    anEnforcedState('a', 0, {
      records: [
        ...anEnforcedState('a').records,
        aRecord('b', { nacked: [nack], validatedAt: at(1), appliedAt: at(2), enforcedAt: at(3) }),
      ],
      outcome: { type: 'stalled', commit: sha('b'), problems: [aProblem()] },
      pin: {
        type: 'over',
        because: 'expired',
        pin: { commit: sha('a'), insteadOf: sha('b'), reason: 'why', expiresAt: at(1) },
      },
      drifts: [aDrift()],
      handledReconcileAt: 'now',
    }),
    undefined,
  )
  expect(droppedFrom(status, STATUS, 'status')).toEqual([])
  // Nothing in the schema that a status never has. The errors of one station stand for those of the others.
  const paths = placesOf(STATUS, 'status').flatMap(([path]) =>
    /(?:sourced|applied)\.errors\[\]/.test(path) ? [] : [path],
  )
  const present = new Set(pathsIn(status, 'status'))
  expect(paths.filter((path) => !present.has(path))).toEqual([])
})

it('prints what an operator wants, and the rest when it is asked for', () => {
  const { versions } = meshRepositoryDefinition({})['spec'] as {
    readonly versions: readonly {
      readonly additionalPrinterColumns: readonly {
        readonly name: string
        readonly priority?: number
      }[]
    }[]
  }
  const columns = versions[0]?.additionalPrinterColumns ?? []
  const names = (isWide: boolean) =>
    columns.filter(({ priority }) => (priority === 1) === isWide).map(({ name }) => name)
  expect(names(false)).toEqual(['Ready', 'Commit', 'Enforced', 'Status', 'Age'])
  expect(names(true)).toEqual(['URL', 'Ref', 'Suspended', 'Pinned', 'Objects'])
})

function pathsIn(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item) => pathsIn(item, `${path}[]`))]
  if (typeof value !== 'object' || value === null) return [path]
  return [
    path,
    ...Object.entries(value).flatMap(([name, member]) => pathsIn(member, `${path}.${name}`)),
  ]
}
