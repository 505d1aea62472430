/** PLB07xx: policy tests, and what the access relation says of rules. */
import type { ProblemCodeEntry } from './problem-code-entry.ts'

export const TEST_CODES = {
  PLB0701: { title: 'policy test failed', severity: 'error' },
  PLB0702: { title: 'rule that no policy test holds', severity: 'warning' },
  PLB0710: { title: 'rule that another TrafficTarget makes needless', severity: 'warning' },
  PLB0711: { title: 'match that no request has', severity: 'warning' },
} as const satisfies Record<`PLB${number}`, ProblemCodeEntry>
