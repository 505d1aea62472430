/** A cluster, an inventory and commits applied to it, without git: what plan and apply tests stand on. */
import type { CommitSha } from '../../src/model/commit-sha.ts'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { type ObjectKind, toObjectId, toObjectKey } from '../../src/model/object-id.ts'
import { type ApplyResult, apply } from '../../src/reconciler/apply.ts'
import type { Cluster } from '../../src/reconciler/cluster.ts'
import { type Inventory, unionInventory } from '../../src/reconciler/inventory/inventory.ts'
import { InventoryStore } from '../../src/reconciler/inventory/inventory-store.ts'
import type { LiveView } from '../../src/reconciler/live-view.ts'
import { observe } from '../../src/reconciler/observe.ts'
import { repositoryOf } from '../../src/reconciler/owner-mark.ts'
import { NO_OTHERS } from '../../src/reconciler/ownership.ts'
import { DEFAULT_PRUNE_LIMITS } from '../../src/reconciler/plan/prune-guard.ts'
import type { Plan } from '../../src/reconciler/plan/step.ts'
import type { StepRules } from '../../src/reconciler/plan/step-rules.ts'
import { trackedIds } from '../../src/reconciler/plan/tracked-ids.ts'
import { type PlanRequest, plan } from '../../src/reconciler/plan.ts'
import { appliedKinds } from '../../src/render/kubernetes/applied-kinds.ts'
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

  rules(options: PlanOptions = {}): StepRules {
    const { createNamespaces = true, ownership = NO_OTHERS, prune = 'enabled' } = options
    return { repository: this.repository, createNamespaces, ownership, prune }
  }

  /** The plan for the objects as a commit, and the inventory it was made from. */
  async plan(
    objects: readonly KubernetesObject[],
    options: PlanOptions = {},
    cluster: Cluster = this.cluster,
    view?: LiveView,
  ): Promise<{ readonly plan: Plan; readonly inventory: Inventory }> {
    const inventory = await this.store().load()
    const rules = this.rules(options)
    const observations = await observe({
      ...rules,
      cluster,
      desired: objects.map(aDesired),
      inventory,
      live: view ?? (await this.view(objects)),
      signal: new AbortController().signal,
    })
    const request = { commit: aCommit(), limits: DEFAULT_PRUNE_LIMITS, allowance: 'all' } as const
    return { plan: plan({ ...request, ...options, ...rules, observations }), inventory }
  }

  /** Applies the objects as a commit, as a pass does; `cluster` may be one that fails. */
  async apply(
    objects: readonly KubernetesObject[],
    options: PlanOptions = {},
    cluster: Cluster = this.cluster,
  ): Promise<ApplyResult & { readonly plan: Plan }> {
    const planned = await this.plan(objects, options)
    return { ...(await this.carryOut(planned.plan, options, cluster)), plan: planned.plan }
  }

  /** The rest of a pass, once there is a plan. */
  async carryOut(
    plan: Plan,
    options: PlanOptions = {},
    cluster: Cluster = this.cluster,
  ): Promise<ApplyResult> {
    const { repository, log } = this
    const store = new InventoryStore({ cluster, namespace: 'default', repository, log })
    const inventory = unionInventory(await store.load(), plan.commit, trackedIds(plan))
    await store.save(inventory)
    const { signal } = new AbortController()
    const result = await apply({ cluster, plan, inventory, rules: this.rules(options), signal })
    await store.save(result.inventory)
    return result
  }

  /** What a watch that has caught up knows now. */
  async view(objects: readonly KubernetesObject[] = []): Promise<LiveView> {
    const kinds = new Map<string, ObjectKind>()
    for (const kind of [...objects.map(toObjectId), ...appliedKinds()])
      kinds.set(`${kind.group}/${kind.kind}`, kind)
    const lists = await Promise.all(
      [...kinds.values()].map(
        async (kind) => (await this.cluster.list(kind).catch(() => ({ items: [] }))).items,
      ),
    )
    const held = new Map(lists.flat().map((object) => [toObjectKey(toObjectId(object)), object]))
    return {
      get: (id) => held.get(toObjectKey(id)),
      knows: () => true,
      ofRepository: (name) =>
        new Map([...held].filter(([, object]) => repositoryOf(object) === name)),
    }
  }
}
