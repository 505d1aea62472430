/** What every command about MeshRepositories does around its work: open the cluster, end at Ctrl-C, close. */
import { type Cluster, ClusterError } from '../../reconciler/cluster.ts'
import { openCommandCluster } from '../cluster-connection.ts'
import type { ClusterFlags } from '../cluster-flags.ts'
import type { Shell } from '../run/shell.ts'
import { SystemClock } from '../system-clock.ts'
import { SystemEntropy } from '../system-entropy.ts'
import { createLogger } from '../system-logger.ts'

export interface CommandPlace {
  readonly cluster: Cluster
  readonly shell: Shell
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
}

/** Resolves with what the work answers. An error of the cluster says which cluster it was. */
export async function inCommandCluster<T>(
  flags: ClusterFlags,
  work: (place: CommandPlace) => Promise<T>,
): Promise<T> {
  const shell = {
    clock: new SystemClock(),
    entropy: new SystemEntropy(),
    log: createLogger({ format: 'text', level: 'warn', stream: process.stderr }),
  }
  const interrupt = new AbortController()
  const stop = () => interrupt.abort()
  process.once('SIGINT', stop)
  const opened = await openCommandCluster(flags, shell, process.env)
  try {
    return await work({ cluster: opened.cluster, shell, signal: interrupt.signal })
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    throw new ClusterError(error.code, `${error.message} (${opened.where})`, { cause: error })
  } finally {
    opened.close()
    process.off('SIGINT', stop)
  }
}
