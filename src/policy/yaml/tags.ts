/** Explicit tags: those of the core schema are read, any other is refused. */
import { err, ok, type Result } from '../../model/result.ts'
import type { ReadingProblemText } from './reading-problem.ts'
import { resolvePlain, type ScalarValue } from './resolve-scalar.ts'
import { quote } from './scalar-problems.ts'

type ScalarReader = (text: string) => ScalarValue | undefined

const onlyIf =
  (fits: (value: ScalarValue) => boolean): ScalarReader =>
  (text) => {
    const value = resolvePlain(text)
    return fits(value) ? value : undefined
  }

const SCALAR_TAGS: ReadonlyMap<string, ScalarReader> = new Map<string, ScalarReader>([
  ['!', (text) => text],
  ['!!str', (text) => text],
  ['!!null', onlyIf((value) => value === null)],
  ['!!bool', onlyIf((value) => typeof value === 'boolean')],
  ['!!int', onlyIf(Number.isInteger)],
  ['!!float', onlyIf((value) => typeof value === 'number')],
])

export function readTaggedScalar(
  tag: string,
  text: string,
): Result<ScalarValue, ReadingProblemText> {
  const read = SCALAR_TAGS.get(tag)
  if (read === undefined) return err(unknownTag(tag))
  const value = read(text)
  if (value !== undefined) return ok(value)
  return err({
    code: 'PLB0208',
    message: `the tag ${tag} does not fit ${quote(text)}`,
    fix: 'delete the tag',
  })
}

export function collectionTagProblem(
  tag: string,
  type: 'mapping' | 'sequence',
): ReadingProblemText | undefined {
  if (tag === (type === 'mapping' ? '!!map' : '!!seq')) return undefined
  return unknownTag(tag)
}

function unknownTag(tag: string): ReadingProblemText {
  return {
    code: 'PLB0208',
    message: `the tag ${quote(tag)} asks the reader to make something else of the value, and policies are plain data`,
    fix: 'delete the tag and write the value itself',
  }
}
