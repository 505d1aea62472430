/** A cluster that notes every call, and lets something else happen right before one of them. */
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { type ObjectId, printObjectId, toObjectId } from '../../src/model/object-id.ts'
import type { Cluster } from '../../src/reconciler/cluster.ts'

export class RecordingCluster implements Cluster {
  readonly #cluster: Cluster
  /** As `dry run TrafficTarget bookstore/buy`, in the order in which they came. */
  calls: string[] = []
  /** Runs before a call is passed on. */
  before: (call: string) => Promise<unknown> = async () => undefined

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  get: Cluster['get'] = async (id) => {
    await this.#note('get', id)
    return await this.#cluster.get(id)
  }
  list: Cluster['list'] = async (kind, options) => {
    await this.#note('list', { ...kind, namespace: options?.namespace ?? '', name: '*' })
    return await this.#cluster.list(kind, options)
  }
  watch: Cluster['watch'] = (kind, options) => this.#cluster.watch(kind, options)
  apply: Cluster['apply'] = async (object, options) => {
    await this.#noteObject(options.dryRun ? 'dry run' : 'apply', object)
    return await this.#cluster.apply(object, options)
  }
  create: Cluster['create'] = async (object, options) => {
    await this.#noteObject('create', object)
    return await this.#cluster.create(object, options)
  }
  update: Cluster['update'] = async (object, options) => {
    await this.#noteObject('update', object)
    return await this.#cluster.update(object, options)
  }
  delete: Cluster['delete'] = async (id, preconditions) => {
    await this.#note('delete', id)
    await this.#cluster.delete(id, preconditions)
  }

  async #noteObject(verb: string, object: KubernetesObject): Promise<void> {
    await this.#note(verb, toObjectId(object))
  }

  async #note(verb: string, id: ObjectId): Promise<void> {
    const call = `${verb} ${printObjectId(id)}`
    this.calls.push(call)
    await this.before(call)
  }
}
