/** PLB01xx: files of the commit. PLB02xx: YAML. */
import type { ProblemCodeEntry } from './problem-code-entry.ts'

export const READING_CODES = {
  PLB0201: { title: 'not YAML', severity: 'error' },
} as const satisfies Record<`PLB${number}`, ProblemCodeEntry>
