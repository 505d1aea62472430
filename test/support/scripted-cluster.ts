/** A cluster whose lists and watches fail as the test says, in front of one that works. */
import type { Cluster, ClusterError, WatchEvent } from '../../src/reconciler/cluster.ts'

export class ScriptedCluster implements Cluster {
  readonly #cluster: Cluster
  readonly #failures: ClusterError[] = []
  #cut = Promise.withResolvers<ClusterError>()
  lists = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** The next lists fail with these, in order. */
  failLists(...errors: readonly ClusterError[]): void {
    this.#failures.push(...errors)
  }

  /** Every watch under way ends with the error. */
  cutWatches(error: ClusterError): void {
    this.#cut.resolve(error)
    this.#cut = Promise.withResolvers<ClusterError>()
  }

  get: Cluster['get'] = async (id) => await this.#cluster.get(id)
  apply: Cluster['apply'] = async (object, options) => await this.#cluster.apply(object, options)
  create: Cluster['create'] = async (object, options) => await this.#cluster.create(object, options)
  update: Cluster['update'] = async (object, options) => await this.#cluster.update(object, options)
  delete: Cluster['delete'] = async (id, preconditions) =>
    await this.#cluster.delete(id, preconditions)

  list: Cluster['list'] = async (kind, options) => {
    this.lists += 1
    const failure = this.#failures.shift()
    if (failure !== undefined) throw failure
    return await this.#cluster.list(kind, options)
  }

  async *watch(...[kind, options]: Parameters<Cluster['watch']>): AsyncIterable<WatchEvent> {
    const ended = new AbortController()
    const signal = AbortSignal.any([options.signal, ended.signal])
    const cut = this.#cut.promise
    const events = this.#cluster.watch(kind, { ...options, signal })[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await Promise.race([events.next(), cut])
        if (next instanceof Error) throw next
        if (next.done === true) return
        yield next.value
      }
    } finally {
      ended.abort()
    }
  }
}
