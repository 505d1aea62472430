/** Documents that are nearly what a schema asks for: mostly right, with something odd here and there. */
import fc from 'fast-check'
import type { z } from 'zod'

const ODD = fc.constantFrom<unknown>(
  ...[null, true, 0, -1, 0.5, 80, 99_999, 1e15, '', '*', '.*', '/a(', 'Web_1', '443', '1h', [], {}],
)

const TEXTS = fc.constantFrom(
  ...[
    'web',
    'shop',
    'default',
    '/buy',
    '.*',
    'GET',
    '1h',
    '250ms',
    '10.0.0.0/8',
    'api.example.com',
  ],
  ...['http', 'https', 'tcp', '5xx', 'HTTPRouteGroup', 'ServiceAccount', 'cluster.local', '8080'],
)

const ANYTHING = fc.oneof(
  fc.constantFrom<unknown>(1, 50, '500m', '8080', 0),
  fc.dictionary(TEXTS, TEXTS),
)

/** `oddity` is how many in a hundred values are something else altogether; 0 leaves only what the types allow. */
export function arbitraryOf(schema: z.core.$ZodType, oddity: number): fc.Arbitrary<unknown> {
  const plain = plainOf(schema, oddity)
  if (oddity === 0) return plain
  return fc.oneof({ weight: 100 - oddity, arbitrary: plain }, { weight: oddity, arbitrary: ODD })
}

function plainOf(schema: z.core.$ZodType, oddity: number): fc.Arbitrary<unknown> {
  const { def } = (schema as z.core.$ZodTypes)._zod
  if (def.type === 'object') return objectOf(def.shape, oddity)
  if (def.type === 'array') return fc.array(arbitraryOf(def.element, oddity), { maxLength: 2 })
  if (def.type === 'record')
    return fc.dictionary(TEXTS, arbitraryOf(def.valueType, oddity), { maxKeys: 2 })
  if (def.type === 'optional') return arbitraryOf(def.innerType, oddity)
  if (def.type === 'boolean') return fc.boolean()
  if (def.type === 'number') return fc.constantFrom(1, 2, 50, 429, 3306, 8080)
  if (def.type === 'enum') return fc.constantFrom(...Object.values(def.entries))
  return def.type === 'unknown' ? ANYTHING : TEXTS
}

function objectOf(shape: Readonly<Record<string, z.core.$ZodType>>, oddity: number) {
  const fields = Object.entries(shape)
  const required = fields
    .filter(([, field]) => field._zod.optin !== 'optional')
    .map(([name]) => name)
  const record = fc.record(
    Object.fromEntries(fields.map(([name, field]) => [name, arbitraryOf(field, oddity)])),
    { requiredKeys: oddity === 0 ? required : [] },
  )
  if (oddity === 0) return record
  const stray = fc.tuple(record, fc.integer({ min: 0, max: 99 }))
  return stray.map(([value, chance]) => (chance < oddity ? { ...value, stray: 1 } : value))
}
