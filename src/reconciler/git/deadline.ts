/** One time limit over a whole operation: a server that sends a byte a second meets it too. */
import type { Clock, Ms } from '../../model/clock.ts'
import { GitSourceError } from '../git-source.ts'

/**
 * Runs `work` with a signal that aborts with the caller's, or with `TimedOut` after the limit.
 * `what` begins the sentence of either error: what was asked of whom.
 */
export async function withDeadline<T>(
  limit: {
    readonly clock: Clock
    readonly timeoutMs: Ms
    readonly what: string
    readonly signal: AbortSignal
  },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, timeoutMs, what, signal } = limit
  const stop = new AbortController()
  const over = new AbortController()
  const abort = (): void => stop.abort(new GitSourceError('Aborted', `${what} was aborted`))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  void clock.sleep(timeoutMs, over.signal).then(() => {
    if (!over.signal.aborted) stop.abort(timedOut(what, timeoutMs))
  })
  try {
    stop.signal.throwIfAborted()
    return await work(stop.signal)
  } finally {
    over.abort()
    signal.removeEventListener('abort', abort)
  }
}

function timedOut(what: string, timeoutMs: Ms): GitSourceError {
  return new GitSourceError(
    'TimedOut',
    `${what} took longer than ${timeoutMs / 1000} s; the server is reachable but stalls or is slow, look at its load or allow more time`,
  )
}
