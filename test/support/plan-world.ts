/** A cluster, an inventory and commits applied to it, without git: what plan and apply tests stand on. */
import type { CommitSha } from '../../src/model/commit-sha.ts'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { type ObjectId, toObjectId } from '../../src/model/object-id.ts'
import { type ApplyResult, apply } from '../../src/reconciler/apply.ts'
import type { Cluster } from '../../src/reconciler/cluster.ts'
import { type Inventory, unionInventory } from '../../src/reconciler/inventory/inventory.ts'
import { InventoryStore } from '../../src/reconciler/inventory/inventory-store.ts'
import { observe } from '../../src/reconciler/observe.ts'
import { DEFAULT_PRUNE_LIMITS } from '../../src/reconciler/plan/prune-guard.ts'
import type { Plan } from '../../src/reconciler/plan/step.ts'
import { type PlanRequest, plan } from '../../src/reconciler/plan.ts'
import type { DesiredObject } from '../../src/render/kubernetes/desired-object.ts'
import { RecordingLogger } from './recording-logger.ts'

export function aCommit(digit: string | number = 'a'): CommitSha {
  return String(digit).padStart(40, '0') as CommitSha
}

export function aDesired(object: KubernetesObject): DesiredObject {
  const location = { file: `${object.metadata.name}.yaml`, line: 1, column: 1 }
  return { id: toObjectId(object), object, location }
}

type PlanOptions = Partial<Omit<PlanRequest, 'observations' | 'repository'>>

export class PlanWorld {
  readonly cluster: Cluster
  readonly log = new RecordingLogger()
  readonly repository: string

  constructor(cluster: Cluster, repository = 'policies') {
    this.cluster = cluster
    this.repository = repository
  }

  store(): InventoryStore {
    const { cluster, repository, log } = this
    return new InventoryStore({ cluster, namespace: 'default', repository, log })
  }

  /** The plan for the objects as a commit, and the inventory it was made from. */
  async plan(
    objects: readonly KubernetesObject[],
    options: PlanOptions = {},
    cluster: Cluster = this.cluster,
  ): Promise<{ readonly plan: Plan; readonly inventory: Inventory }> {
    const inventory = await this.store().load()
    const live = await this.#live(objects)
    const observations = await observe({
      cluster,
      repository: this.repository,
      desired: objects.map(aDesired),
      inventory,
      live: (id) => live.get(JSON.stringify(id)),
      signal: new AbortController().signal,
    })
    const request = {
      commit: aCommit(),
      limits: DEFAULT_PRUNE_LIMITS,
      allowance: 'all',
      createNamespaces: true,
      ...options,
    } as const
    return { plan: plan({ ...request, observations, repository: this.repository }), inventory }
  }

  /** Applies the objects as a commit, as a pass does; `cluster` may be one that fails. */
  async apply(
    objects: readonly KubernetesObject[],
    options: PlanOptions = {},
    cluster: Cluster = this.cluster,
  ): Promise<ApplyResult & { readonly plan: Plan }> {
    const planned = await this.plan(objects, options)
    const store = new InventoryStore({
      cluster,
      namespace: 'default',
      repository: this.repository,
      log: this.log,
    })
    const inventory = unionInventory(
      await store.load(),
      planned.plan.commit,
      objects.map((object) => toObjectId(object)),
    )
    await store.save(inventory)
    const signal = new AbortController().signal
    const result = await apply({ cluster, plan: planned.plan, inventory, signal })
    await store.save(result.inventory)
    return { ...result, plan: planned.plan }
  }

  async #live(objects: readonly KubernetesObject[]): Promise<Map<string, KubernetesObject>> {
    const live = new Map<string, KubernetesObject>()
    const namespaces = objects.flatMap(({ metadata }): readonly ObjectId[] =>
      metadata.namespace === undefined
        ? []
        : [
            {
              group: '',
              version: 'v1',
              kind: 'Namespace',
              namespace: '',
              name: metadata.namespace,
            },
          ],
    )
    for (const id of [...objects.map((object) => toObjectId(object)), ...namespaces]) {
      const object = await this.cluster.get(id).catch(() => undefined)
      if (object !== undefined) live.set(JSON.stringify(id), object)
    }
    return live
  }
}
