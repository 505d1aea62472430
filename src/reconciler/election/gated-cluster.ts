/** A cluster that only the leader may write to. */
import { type Cluster, ClusterError } from '../cluster.ts'
import type { Leadership } from './leadership.ts'

/**
 * Every write is refused unless `isHeld()` at the moment at which it leaves; reads and dry runs pass. An adapter that keeps
 * calls waiting before they leave is asked to judge again then (`withWriteGate`).
 *
 * Refused is `Unavailable`: what the reconciler takes for the world's fault and tries again later, and never for a verdict on the
 * object, as `Conflict` or `Forbidden` would be.
 */
export function gatedCluster(cluster: Cluster, leadership: Pick<Leadership, 'isHeld'>): Cluster {
  const mayWrite = (): void => {
    if (!leadership.isHeld())
      throw new ClusterError(
        'Unavailable',
        'this replica does not lead any more, so it writes nothing',
      )
  }
  const gated = cluster.withWriteGate?.(mayWrite) ?? cluster
  return {
    get: async (id) => await cluster.get(id),
    list: async (kind, options) => await cluster.list(kind, options),
    watch: (kind, options) => cluster.watch(kind, options),
    async apply(object, options) {
      if (!options.dryRun) mayWrite()
      return await gated.apply(object, options)
    },
    async create(object, options) {
      mayWrite()
      return await gated.create(object, options)
    },
    async update(object, options) {
      mayWrite()
      return await gated.update(object, options)
    },
    async delete(id, preconditions) {
      mayWrite()
      await gated.delete(id, preconditions)
    },
  }
}
