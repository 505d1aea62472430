/**
 * Joins the Intents of the last good commits with what the cluster has, and answers the xDS server from the two: the one place where
 * reconciling and serving meet.
 */
import type { SvidRotation } from '../../../ca/svid-rotation.ts'
import { byCodeUnit } from '../../../model/by-code-unit.ts'
import type { ClusterInventory } from '../../../model/cluster-inventory.ts'
import type { CommitSha } from '../../../model/commit-sha.ts'
import { toAccountKey } from '../../../model/service-account.ts'
import type { TrustDomain } from '../../../model/spiffe-id.ts'
import type { Intent } from '../../../policy/intent.ts'
import { joinIntents } from '../../../policy/join-intents.ts'
import type { MeshIntent } from '../../../policy/mesh-intent.ts'
import type { EnvoyResource, ViewResources } from '../../../render/envoy/envoy-resource.ts'
import { toLeafSecret } from '../../../render/envoy/leaf-secret.ts'
import { ViewRenderer } from '../../../render/envoy/view-renderer.ts'
import { buildMeshSnapshot } from '../../../render/mesh/build-mesh-snapshot.ts'
import type { MeshSnapshot, ViewKey } from '../../../render/mesh/mesh-snapshot.ts'
import type { CommitOf } from '../../../xds/enforcement.ts'
import type { Admission, ProxyIdentity, XdsSource } from '../../../xds/xds-source.ts'
import type { LiveWeights } from './live-weights.ts'

export interface MeshSourceOptions {
  readonly trustDomain: TrustDomain
  readonly svids: SvidRotation
  /** Every trusted root, PEM, one after the other. */
  readonly trustBundlePem: () => string
  /** What controllers have set in place of what commits say. */
  readonly weights: Pick<LiveWeights, 'isKnown' | 'in' | 'onChange'>
  /** Called when a commit of a repository is in what proxies are to be told. */
  readonly publish: (of: CommitOf) => void
  /** Called when something else changed it. */
  readonly republish: () => void
}

export class MeshSource implements XdsSource {
  readonly #options: MeshSourceOptions
  readonly #renderer = new ViewRenderer()
  /** By repository, sorted by name, so that the same commits make the same mesh whatever their order. */
  #intents: ReadonlyMap<string, Intent> = new Map()
  /** Repositories whose accepted commit is not known yet. */
  #awaited: ReadonlySet<string> | undefined
  #followsNothing = false
  #inventory: ClusterInventory | undefined
  /** What they make together, and of which it was made. */
  #mesh: MeshIntent | undefined
  #joined: ReadonlyMap<string, Intent> | undefined
  #snapshot: MeshSnapshot | undefined

  constructor(options: MeshSourceOptions) {
    this.#options = options
    options.weights.onChange(() => this.#changed())
  }

  /**
   * Whether everything is known that proxies are told from: the cluster's inventory, and what each repository has accepted.
   * A mesh without one of them would take away what reconnecting proxies run.
   */
  get isSynced(): boolean {
    return this.#snapshot !== undefined
  }

  /** Why it is not; `undefined` once it is, or where it is known that there is nothing to follow, and so nothing to wait for. */
  get waitsFor(): string | undefined {
    if (this.isSynced) return undefined
    // An installation that follows nothing yet is whole: whoever rolls it out waits for this.
    if (this.#followsNothing && this.#inventory !== undefined) return undefined
    if (this.#awaited === undefined) return 'the repositories to follow are not known yet'
    if (this.#awaited.size > 0)
      return `the last accepted commit of ${[...this.#awaited].sort(byCodeUnit).join(', ')} has not been read yet`
    if (this.#intents.size === 0) return 'no commit is served yet'
    return this.#inventory === undefined
      ? "the cluster's inventory is not known yet"
      : 'the weights that controllers have set are not known yet'
  }

  /** Proxies that the cluster has pods for, connected or not. */
  get knownProxies(): number {
    return this.#snapshot?.workloads.size ?? 0
  }

  /** What all repositories together ask for; `undefined` before a commit of any is known. */
  get mesh(): MeshIntent | undefined {
    return this.#mesh
  }

  /** The commit of each repository that proxies are told from; none before they are. */
  get served(): ReadonlyMap<string, CommitSha> {
    const intents = this.isSynced ? [...this.#intents] : []
    return new Map(intents.map(([repository, { commit }]) => [repository, commit]))
  }

  get inventory(): ClusterInventory | undefined {
    return this.#inventory
  }

  /** The mesh as it would be with this Intent in the place of what the repository has in it. */
  meshWith(repository: string, intent: Intent): MeshIntent {
    return joinIntents([...this.#with(repository, intent).values()])
  }

  /**
   * The repositories that are followed: nothing is served before each has been heard of, and what others had is taken out.
   * None at all takes nothing: that the last one is gone is more often a mistake than the end of a mesh.
   */
  setRepositories(names: ReadonlySet<string>): void {
    const isNew = (name: string): boolean => !this.#intents.has(name)
    this.#followsNothing = names.size === 0
    // Once proxies are served, a repository that comes takes nothing from them by being late.
    if (!this.isSynced) this.#awaited = new Set([...names].filter(isNew))
    const kept = new Map([...this.#intents].filter(([name]) => names.has(name)))
    const hasLost = kept.size < this.#intents.size && names.size > 0
    if (hasLost) this.#intents = kept
    if (hasLost || !this.isSynced) this.#changed()
  }

  /** The repository has no commit that could be served: nobody waits for one. */
  hasNothing(repository: string): void {
    this.#heard(repository)
    if (!this.isSynced) this.#changed()
  }

  setIntent(repository: string, intent: Intent): void {
    this.#heard(repository)
    this.#intents = this.#with(repository, intent)
    this.#changed({ repository, commit: intent.commit })
  }

  setInventory(inventory: ClusterInventory): void {
    this.#inventory = inventory
    this.#changed()
  }

  #heard(repository: string): void {
    const awaited = new Set(this.#awaited)
    awaited.delete(repository)
    this.#awaited = awaited
  }

  #with(repository: string, intent: Intent): ReadonlyMap<string, Intent> {
    const all = new Map(this.#intents).set(repository, intent)
    return new Map([...all].sort(([a], [b]) => byCodeUnit(a, b)))
  }

  /** Makes the snapshot anew, the first time when everything is known, and has it told of. */
  #changed(of?: CommitOf): void {
    const { publish, republish, weights } = this.#options
    const wasSynced = this.isSynced
    this.#join()
    const maySync = wasSynced || this.#awaited?.size === 0
    if (this.#mesh === undefined || this.#inventory === undefined || !maySync) return
    // Without them a restart would send traffic back to where the commit had it begin.
    if (!weights.isKnown(this.#mesh) && !wasSynced) return
    this.#rebuild(weights.in(this.#mesh), this.#inventory)
    if (!wasSynced)
      for (const [repository, { commit }] of this.#intents) publish({ repository, commit })
    else if (of === undefined) republish()
    else publish(of)
  }

  /** The same mesh for as long as the commits are the same. */
  #join(): void {
    if (this.#joined === this.#intents) return
    this.#joined = this.#intents
    this.#mesh = this.#intents.size > 0 ? joinIntents([...this.#intents.values()]) : undefined
  }

  #rebuild(intent: MeshIntent, inventory: ClusterInventory): void {
    const { trustDomain } = this.#options
    const previous = this.#snapshot
    this.#snapshot = buildMeshSnapshot({
      ...{ intent, inventory, trustDomain },
      ...(previous && { previous }),
    })
  }

  /** The certificate says uid and account; the cluster must know a pod of both. A pod of the uid under another account is a lie. */
  admit(proxy: ProxyIdentity): Admission {
    const known = this.#snapshot?.workloads.get(proxy.proxyUid) ?? []
    const account = toAccountKey(proxy.account)
    const workload = known.find((candidate) => toAccountKey(candidate.account) === account)
    if (workload !== undefined) return { type: 'admitted', view: workload.view }
    return known.length === 0
      ? { type: 'unknown', reason: `no pod of the mesh carries the proxy uid ${proxy.proxyUid}` }
      : { type: 'refused', reason: `the pod of ${proxy.proxyUid} does not run as ${account}` }
  }

  /** Throws for a view that `admit` has not named since the last publication: a bug of the caller. */
  resources(key: string): ViewResources {
    const snapshot = this.#snapshot
    const view = snapshot?.views.get(key as ViewKey)
    if (snapshot === undefined || view === undefined)
      throw new RangeError(`asked for the resources of ${key}, which is no view of this snapshot`)
    const trustBundlePem = this.#options.trustBundlePem()
    return this.#renderer.render({ snapshot, view, trustBundlePem })
  }

  async leaf(
    proxy: ProxyIdentity,
    renewed: (leaf: EnvoyResource) => void,
    signal: AbortSignal,
  ): Promise<EnvoyResource> {
    const { account } = proxy
    const svid = await this.#options.svids.svid(
      proxy,
      (next) => renewed(toLeafSecret({ account, ...next })),
      signal,
    )
    return toLeafSecret({ account, ...svid })
  }
}
