/** JSON Schemas of the kinds, for editors and for kubeconform, from the schemas that documents are checked against. */
import { z } from 'zod'
import { toApiVersion } from '../model/object-id.ts'
import type { KindDefinition, KindVersion } from './kinds/kind-definition.ts'
import { KINDS } from './registry.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/** What `status` holds is not the author's, and `kubectl` writes an empty one into what it prints. */
const METADATA: JsonSchema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 253 },
    namespace: { type: 'string', minLength: 1, maxLength: 63 },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
  },
}

/** Draft 7: what the YAML language servers read. */
export function toJsonSchema(
  definition: KindDefinition,
  version: KindVersion<unknown> = definition.versions[0],
): JsonSchema {
  const { $schema, properties, required, ...body } = z.toJSONSchema(version.schema, {
    target: 'draft-07',
    io: 'input',
    unrepresentable: 'any',
  })
  const { group, kind, summary } = definition
  return {
    $schema,
    title: kind,
    description: summary,
    ...body,
    required: ['apiVersion', 'kind', 'metadata', ...(required ?? [])],
    properties: {
      apiVersion: { const: toApiVersion({ group, kind, version: version.name }) },
      kind: { const: kind },
      metadata: METADATA,
      ...properties,
      status: {},
    },
  }
}

export interface SchemaFile {
  /** `access.smi-spec.io/traffictarget_v1alpha3.json`, the layout of kubeconform's catalogue. */
  readonly path: string
  readonly schema: JsonSchema
}

/** One file for each version of each kind, and `all.json` that takes a document of any. */
export function toSchemaFiles(): readonly SchemaFile[] {
  const files = KINDS.flatMap((definition) =>
    definition.versions.map((version) => ({
      path: pathOf(definition, version),
      schema: toJsonSchema(definition, version),
    })),
  )
  const all = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Plumbline policy',
    oneOf: files.map(({ path }) => ({ $ref: path })),
  }
  return [...files, { path: 'all.json', schema: all }]
}

function pathOf({ group, kind }: KindDefinition, { name }: KindVersion<unknown>): string {
  return `${group === '' ? 'core' : group}/${kind.toLowerCase()}_${name}.json`
}
