/** Whether a pin holds, judged by what the ref names now. Pure. */
import type { Instant } from '../../model/clock.ts'
import type { CommitSha } from '../../model/commit-sha.ts'
import type { Pin } from './repository-spec.ts'

export type PinState =
  | { readonly type: 'none' }
  | { readonly type: 'holds'; readonly pin: Pin }
  /** The pin is still written, and means nothing any more. */
  | { readonly type: 'over'; readonly pin: Pin; readonly because: 'new-commit' | 'expired' }

/** `tip` is what the ref names. A pin set by hand over another commit than the tip is over from the beginning. */
export function pinState(pin: Pin | undefined, tip: CommitSha, now: Instant): PinState {
  if (pin === undefined) return { type: 'none' }
  if (pin.insteadOf !== tip) return { type: 'over', pin, because: 'new-commit' }
  if (pin.expiresAt !== undefined && now >= pin.expiresAt)
    return { type: 'over', pin, because: 'expired' }
  return { type: 'holds', pin }
}
