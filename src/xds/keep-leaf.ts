/** Keeps a stream supplied with its proxy's own certificate, for as long as the stream lives. */
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import { messageOf } from '../model/message-of.ts'
import type { ProxyStream } from './proxy-stream.ts'
import type { XdsSource } from './xds-source.ts'

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

export interface LeafOptions {
  readonly source: Pick<XdsSource, 'leaf'>
  readonly clock: Clock
  readonly log: Logger
}

/**
 * An authority that is out of reach costs no stream: the proxy is served everything else, and asked for again with
 * growing pauses. Never rejects.
 */
export async function keepLeaf(stream: ProxyStream, options: LeafOptions): Promise<void> {
  const { source, clock, log } = options
  const { signal, proxy } = stream
  for (let pause = FIRST_RETRY_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_RETRY_MS)) {
    try {
      const leaf = await source.leaf(proxy, (renewed) => stream.setLeaf(renewed), signal)
      return stream.setLeaf(leaf)
    } catch (error) {
      if (signal.aborted) return
      log.warn('could not issue a proxy’s certificate', {
        proxy: proxy.spiffeId,
        error: messageOf(error),
        retryAfterMs: pause,
      })
      await clock.sleep(pause, signal)
    }
  }
}
