/** What a plain scalar means: YAML 1.2.2's core schema (10.3.2), and where readers of YAML 1.1 would disagree. */
import {
  boolYaml11Tag,
  floatYaml11Tag,
  intYaml11Tag,
  NOT_RESOLVED,
  nullYaml11Tag,
  type ScalarTagDefinition,
} from 'js-yaml'

export type ScalarValue = string | number | boolean | null

const WORDS: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    (word) => [word, Number.POSITIVE_INFINITY] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
])
const LONGEST_WORD = 5

const NUMBER = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const BASED_NUMBER = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/

/** The value of an unquoted scalar. Numbers may be infinite, NaN or beyond 2^53; the caller refuses those. */
export function resolvePlain(text: string): ScalarValue {
  if (text.length <= LONGEST_WORD) {
    const word = WORDS.get(text)
    if (word !== undefined) return word
  }
  if (!mayStartNumber(text.charCodeAt(0))) return text
  if (NUMBER.test(text) || BASED_NUMBER.test(text)) return Number(text)
  return text
}

/** `+`, `-`, `.` or a digit. */
function mayStartNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e
}

const YAML_1_1_TAGS: readonly ScalarTagDefinition[] = [
  nullYaml11Tag,
  boolYaml11Tag,
  intYaml11Tag,
  floatYaml11Tag,
]

/** What YAML 1.1 makes of it. Dates are text here: every field that holds one in a manifest is text. */
function resolvePlainAsYaml11(text: string): ScalarValue {
  for (const tag of YAML_1_1_TAGS) {
    const value: unknown = tag.resolve(text, false, tag.tagName)
    if (value !== NOT_RESOLVED) return value as ScalarValue
  }
  return text
}

/**
 * The YAML 1.1 reading of a plain scalar where it is another than ours: `on` (a boolean), `017` (15), `1_000`, `12:30:45`.
 * kubectl, Helm and many libraries read YAML 1.1, so the author cannot mean both.
 */
export function otherReading(text: string, ours: ScalarValue): { value: ScalarValue } | undefined {
  if (!mayBeReadOtherwise(text)) return undefined
  const theirs = resolvePlainAsYaml11(text)
  return Object.is(theirs, ours) ? undefined : { value: theirs }
}

/** Cheap and true for every scalar that the two versions could read differently: y, n, on, off, yes, no, or a number's start. */
function mayBeReadOtherwise(text: string): boolean {
  const first = text.charCodeAt(0)
  if (mayStartNumber(first)) return true
  const lower = first | 0x20
  return text.length <= 3 && (lower === 0x79 || lower === 0x6e || lower === 0x6f)
}
