import type { Clock } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'
import type { Logger } from '../../model/logger.ts'

/** What every part with a lifetime is handed. */
export interface Shell {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}
