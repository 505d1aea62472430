/** PLB07xx: policy tests. */
import type { ProblemCodeEntry } from './problem-code-entry.ts'

export const TEST_CODES = {
  PLB0701: { title: 'policy test failed', severity: 'error' },
} as const satisfies Record<`PLB${number}`, ProblemCodeEntry>
