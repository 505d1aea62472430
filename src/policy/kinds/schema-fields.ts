/** Which fields a schema has at a path, for hints about unknown ones. */
import type { z } from 'zod'
import type { DocumentPath } from '../document.ts'

/** Names of the fields that may stand in the mapping at the path; empty where the schema takes any key, or no mapping. */
export function fieldsAt(schema: z.core.$ZodType, path: DocumentPath): readonly string[] {
  const node = path.reduce<z.core.$ZodType | undefined>(
    (parent, part) => (parent === undefined ? undefined : childOf(unwrap(parent), part)),
    schema,
  )
  const def = node === undefined ? undefined : defOf(unwrap(node))
  return def?.type === 'object' ? Object.keys(def.shape) : []
}

function childOf(schema: z.core.$ZodType, part: string | number): z.core.$ZodType | undefined {
  const def = defOf(schema)
  if (def.type === 'array') return def.element
  if (def.type === 'record') return def.valueType
  return def.type === 'object' ? def.shape[part] : undefined
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const def = defOf(schema)
  return def.type === 'optional' || def.type === 'nullable' ? unwrap(def.innerType) : schema
}

/** Zod's documented way to walk schemas (`_zod.def`), with the union of the definitions that our schemas use. */
function defOf(schema: z.core.$ZodType) {
  return (schema as z.core.$ZodTypes)._zod.def
}
