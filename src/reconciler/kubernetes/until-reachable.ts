/** Waits for an API server that is not there yet: it may restart with us, or start after us. */
import type { Clock } from '../../model/clock.ts'
import type { Entropy } from '../../model/entropy.ts'
import type { Logger } from '../../model/logger.ts'
import { ClusterError } from '../cluster.ts'
import { JitteredBackOff } from '../jittered-back-off.ts'

/**
 * What a network says of a server that is away for a while. Other codes are of our own side, where waiting mends nothing: a file
 * or credential plugin that is not there, a certificate that the kubeconfig does not trust, a port that speaks something else.
 */
const AWAY: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  // The name may come with the server.
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

export interface ReachOptions {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

/**
 * Answers with what the action does, which is tried again and again, with pauses up to 30 s, for as long as the API server cannot
 * be reached or asks for time. Throws what else the action throws, at once: a refusal, or a kubeconfig that is wrong; and the
 * signal's reason when it aborts.
 */
export async function untilReachable<T>(
  action: () => Promise<T>,
  { clock, entropy, log }: ReachOptions,
  signal: AbortSignal,
): Promise<T> {
  const backOff = new JitteredBackOff({ entropy, firstMs: 500, capMs: 30_000 })
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      const result = await action()
      if (attempt > 1) log.info('the API server is there', { attempt })
      return result
    } catch (error) {
      if (!(error instanceof ClusterError && mayPass(error))) throw error
      const pauseMs = Math.max(backOff.next(), error.retryAfterMs ?? 0)
      log.warn('waiting for the API server', { error: error.message, attempt, pauseMs })
      await clock.sleep(pauseMs, signal)
    }
  }
}

function mayPass(error: ClusterError): boolean {
  if (error.code !== 'Unavailable' && error.code !== 'TooManyRequests') return false
  const code = codeOf(error.cause)
  return code === undefined || AWAY.has(code)
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined
}
