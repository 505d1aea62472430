/**
 * The cluster port in this process, with a data directory: server-side apply with field ownership, resource versions,
 * watches without gaps, and writes that survive `kill -9` once they are answered. How it differs from Kubernetes is
 * listed in docs/embedded-cluster.md.
 */
import { chmod, mkdir } from 'node:fs/promises'
import type { Clock } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { Logger } from '../model/logger.ts'
import { toObjectId } from '../model/object-id.ts'
import { freeze } from './embedded/admit-object.ts'
import { lockDirectory } from './embedded/directory-lock.ts'
import { EmbeddedCluster } from './embedded/embedded-cluster.ts'
import { ObjectStore } from './embedded/object-store.ts'
import { TransactionLog } from './embedded/transaction-log.ts'

export interface EmbeddedClusterOptions {
  /** Created with mode 0700 when it is absent. */
  readonly directory: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
  /** Namespaces that exist from the start; `default` unless given. */
  readonly namespaces?: readonly string[]
  /** Changes of each kind that a watch can go back by. */
  readonly watchHistory?: number
}

/** Opens the data directory. Throws `Unavailable` when another process holds it, or a file in it is damaged. */
export async function openEmbeddedCluster(
  options: EmbeddedClusterOptions,
): Promise<EmbeddedCluster> {
  const { directory, entropy, log } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await chmod(directory, 0o700)
  const lock = await lockDirectory(directory, entropy)
  try {
    const transactions = new TransactionLog(directory, log)
    const { store, version } = await readState(transactions)
    const cluster = new EmbeddedCluster({
      ...options,
      watchHistory: options.watchHistory ?? 10_000,
      lock,
      transactions,
      store,
      version,
    })
    await cluster.ensureNamespaces(options.namespaces ?? ['default'])
    return cluster
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function readState(
  log: TransactionLog,
): Promise<{ readonly store: ObjectStore; readonly version: number }> {
  const { snapshot, version, transactions } = await log.load()
  const store = new ObjectStore()
  for (const object of snapshot) store.put(freeze(object))
  for (const { operations } of transactions)
    for (const { type, object } of operations) {
      if (type === 'put') store.put(freeze(object))
      else store.remove(toObjectId(object))
    }
  return { store, version: transactions.at(-1)?.version ?? version }
}
