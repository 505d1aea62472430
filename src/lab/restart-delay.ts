/** How long a container that ended stays down: the kubelet's back-off, with shorter spans, as nothing is pulled here. */
import type { Ms } from '../model/clock.ts'

const FIRST: Ms = 250
const LONGEST: Ms = 30_000
/** A container that ran this long is considered mended; the next end counts as the first. */
const STEADY: Ms = 60_000

export interface Restarts {
  /** Ends in a row without a steady run between them. */
  readonly ends: number
  readonly delayMs: Ms
}

export const NO_RESTARTS: Restarts = { ends: 0, delayMs: 0 }

export function afterEnd(before: Restarts, ranForMs: Ms): Restarts {
  const ends = ranForMs >= STEADY ? 1 : before.ends + 1
  return { ends, delayMs: Math.min(LONGEST, FIRST * 2 ** Math.min(ends - 1, 20)) }
}
