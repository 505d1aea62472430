/** A cluster that stops answering: before or after the write of its n-th writing call, as a crash or a lost answer does. */
import { type Cluster, ClusterError } from '../../src/reconciler/cluster.ts'

export class FaultyCluster implements Cluster {
  readonly #cluster: Cluster
  readonly #failAt: number
  readonly #isDone: boolean
  readonly #isOnce: boolean
  #writes = 0

  /** `isDone`: whether the failing write still happens. `isOnce`: whether calls after it work again. */
  constructor(
    cluster: Cluster,
    options: { readonly failAt: number; readonly isDone: boolean; readonly isOnce: boolean },
  ) {
    this.#cluster = cluster
    this.#failAt = options.failAt
    this.#isDone = options.isDone
    this.#isOnce = options.isOnce
  }

  /** Writing calls so far. */
  get writes(): number {
    return this.#writes
  }

  get: Cluster['get'] = async (id) => await this.#cluster.get(id)
  list: Cluster['list'] = async (kind, options) => await this.#cluster.list(kind, options)
  watch: Cluster['watch'] = (kind, options) => this.#cluster.watch(kind, options)
  apply: Cluster['apply'] = async (object, options) => {
    if (options.dryRun) return await this.#cluster.apply(object, options)
    return await this.#write(async () => await this.#cluster.apply(object, options))
  }
  create: Cluster['create'] = async (object, options) =>
    await this.#write(async () => await this.#cluster.create(object, options))
  update: Cluster['update'] = async (object, options) =>
    await this.#write(async () => await this.#cluster.update(object, options))
  delete: Cluster['delete'] = async (id, preconditions) =>
    await this.#write(async () => await this.#cluster.delete(id, preconditions))

  async #write<T>(write: () => Promise<T>): Promise<T> {
    const index = this.#writes++
    const fails = this.#isOnce ? index === this.#failAt : index >= this.#failAt
    if (!fails) return await write()
    if (this.#isDone && index === this.#failAt) await write()
    throw new ClusterError('Unavailable', 'the connection was lost')
  }
}
