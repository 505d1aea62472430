/** What to say where text is wanted and something else stands (D35). */
import type { ProblemText } from '../problem-at.ts'
import { shorten } from './fields/names.ts'

/** `source` is how the value was written, which for `1.10` is not how it prints. */
export function textWanted(at: string, value: unknown, source: string | undefined): ProblemText {
  if (value === undefined) return { code: 'PLB0311', message: `${at} is missing`, fix: `add ${at}` }
  if (value === null)
    return {
      code: 'PLB0316',
      message: `${at} is empty, and text is expected`,
      fix: 'give it a value, or take the key out',
    }
  if (typeof value === 'object')
    return {
      code: 'PLB0312',
      message: `${at} is ${Array.isArray(value) ? 'a list' : 'a mapping'}, and text is expected`,
      fix: 'write text',
    }
  const written = shorten(source ?? String(value))
  return {
    code: 'PLB0313',
    message: `${at} wants text, and YAML reads ${written} without quotes as the ${typeof value} ${String(value)}`,
    fix: `write ${JSON.stringify(written)}`,
  }
}
