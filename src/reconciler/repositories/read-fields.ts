/** Reads the fields of a mapping and collects what is wrong with them, in sentences for whoever wrote it. */
import { nearestName } from '../../model/nearest-name.ts'
import { isMap } from '../fields/field-tree.ts'

/** A field that is wrong is told of once and reads as absent. `null` reads as absent, as the API server has it. */
export interface FieldReader {
  /** Text that is not empty. */
  text(name: string): string | undefined
  flag(name: string): boolean | undefined
  whole(name: string, range: { readonly from: number; readonly to: number }): number | undefined
  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined
  /** A list of texts, in order and each once. */
  texts(name: string): readonly string[] | undefined
  /** A mapping with these fields; `undefined` when it is absent. */
  mapping(name: string, fields: readonly string[]): FieldReader | undefined
  /** A list of mappings with these fields each. */
  mappings(name: string, fields: readonly string[]): readonly FieldReader[]
  /** Whether the field is written at all. */
  has(name: string): boolean
  /** Adds `spec.url <sentence>`. */
  say(name: string, sentence: string): void
}

const LONGEST_QUOTE = 80

/** `at` is the path of the mapping, as `spec.prune`; `fields` are all that it may have. */
export function readFields(
  value: unknown,
  at: string,
  fields: readonly string[],
  errors: string[],
): FieldReader {
  const isMapping = isMap(value)
  if (!isMapping) errors.push(`${at} is ${describe(value)}; write a mapping`)
  const map = isMapping ? value : {}
  const pathOf = (name: string) => `${at}.${name}`
  const say = (name: string, sentence: string) => void errors.push(`${pathOf(name)} ${sentence}`)
  for (const name of Object.keys(map))
    if (!fields.includes(name)) say(quoteName(name), unknownField(name, fields))

  /** The value when it is what is wanted; says so when it is there and is not. */
  const read = <T>(name: string, wanted: string, is: (found: unknown) => found is T) => {
    const found = map[name] ?? undefined
    if (found === undefined || is(found)) return found
    say(name, `is ${describe(found)}; write ${wanted}`)
    return undefined
  }

  const reader: FieldReader = {
    say,
    has: (name) => (map[name] ?? undefined) !== undefined,
    text: (name) => read(name, 'text that is not empty', isText),
    flag: (name) => read(name, 'true or false', (found) => typeof found === 'boolean'),
    whole: (name, { from, to }) =>
      read(name, `a whole number from ${from} to ${to}`, (found): found is number =>
        isWhole(found, from, to),
      ),
    choice: (name, words) =>
      read(name, words.join(' or '), (found): found is (typeof words)[number] =>
        words.some((word) => word === found),
      ),
    texts: (name) => {
      const list = read(name, 'a list of texts that are not empty', isTexts)
      return list && [...new Set(list)]
    },
    mapping: (name, known) =>
      reader.has(name) ? readFields(map[name], pathOf(name), known, errors) : undefined,
    mappings: (name, known) =>
      (read(name, 'a list', Array.isArray) ?? []).map((item: unknown, index) =>
        readFields(item, `${pathOf(name)}[${index}]`, known, errors),
      ),
  }
  return reader
}

function unknownField(name: string, fields: readonly string[]): string {
  const nearest = nearestName(name, fields)
  return `is no field of a MeshRepository; ${nearest === undefined ? `use ${fields.join(', ')}` : `write ${nearest}`}`
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function isWhole(value: unknown, from: number, to: number): value is number {
  return Number.isInteger(value) && Number(value) >= from && Number(value) <= to
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'missing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  return typeof value === 'object' ? 'a mapping' : cut(JSON.stringify(value))
}

/** Names of fields come from outside, and an error is one line. */
function quoteName(name: string): string {
  return /^\w{1,63}$/.test(name) ? name : cut(JSON.stringify(name))
}

function cut(text: string): string {
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text
}
