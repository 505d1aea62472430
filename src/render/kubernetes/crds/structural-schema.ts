/**
 * The schema of a kind as a CustomResourceDefinition takes it: structural, and of the shape alone. Values are judged where the
 * author can be told (in the commit, by file and line); the API server only has to keep every field, and know its type.
 */
import type { JsonSchema } from '../../../policy/json-schema.ts'

const KEPT = ['description', 'type', 'enum', 'required'] as const
/** What JSON Schema can say in two ways and a structural schema in none: stored as it is. */
const ANYTHING: JsonSchema = { 'x-kubernetes-preserve-unknown-fields': true }

export function toStructuralSchema(schema: JsonSchema): JsonSchema {
  if (typeof schema['type'] !== 'string') return ANYTHING
  const { properties, items, additionalProperties } = schema
  return {
    ...Object.fromEntries(
      KEPT.flatMap((name) => (schema[name] === undefined ? [] : [[name, schema[name]]])),
    ),
    ...(isSchema(items) && { items: toStructuralSchema(items) }),
    ...(isSchema(additionalProperties) && {
      additionalProperties: toStructuralSchema(additionalProperties),
    }),
    ...(isSchema(properties) && { properties: toProperties(properties) }),
  }
}

function toProperties(properties: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      isSchema(schema) ? toStructuralSchema(schema) : ANYTHING,
    ]),
  )
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
