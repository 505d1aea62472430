/** The clock, the entropy and the log of a benchmark: the system's own, and silence. */
import { randomBytes } from 'node:crypto'
import type { Clock, Instant } from '../../src/model/clock.ts'
import type { Entropy } from '../../src/model/entropy.ts'
import type { Logger } from '../../src/model/logger.ts'

export const clock: Clock = {
  now: () => Date.now() as Instant,
  monotonic: () => performance.now(),
  sleep: (span, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, span)
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    }),
}

export const entropy: Entropy = { bytes: (length) => randomBytes(length) }

const silent = (): void => undefined
/** A warning in a benchmark is a wrong benchmark. */
export const log: Logger = { debug: silent, info: silent, warn: console.warn, error: console.error }
