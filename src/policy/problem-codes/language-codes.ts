/** PLB03xx: documents and fields. PLB04xx: references. PLB05xx: meaning. PLB06xx: conflicts and dead rules. */
import type { ProblemCodeEntry } from './problem-code-entry.ts'

export const LANGUAGE_CODES = {
  PLB0301: { title: 'unknown kind', severity: 'error' },
} as const satisfies Record<`PLB${number}`, ProblemCodeEntry>
