/** A call to the cluster that may not take longer than its caller can wait. */
import type { Clock, Ms } from '../../model/clock.ts'
import { ClusterError } from '../cluster.ts'

/**
 * What the call answers. Throws `Unavailable` when it does not answer in time; the call goes on then, and nobody hears of its
 * end: whoever writes by it gives the version that it expects to be stored.
 */
export async function answerWithin<T>(
  clock: Pick<Clock, 'sleep'>,
  spanMs: Ms,
  call: () => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const tooLate = async (): Promise<never> => {
    await clock.sleep(spanMs, over.signal)
    throw new ClusterError('Unavailable', `the cluster did not answer within ${spanMs / 1000} s`)
  }
  const answer = call()
  answer.catch(() => undefined)
  const timer = tooLate()
  timer.catch(() => undefined)
  try {
    return await Promise.race([answer, timer])
  } finally {
    over.abort()
  }
}
