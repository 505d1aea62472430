/** A mesh on one machine: pods with real Envoys, kept in step with the cluster in the stead of kubelet, kube-proxy and controllers. */
import type { SidecarDecision } from '../injector/sidecar-decision.ts'
import { byCodeUnit } from '../model/by-code-unit.ts'
import type { Clock, Ms } from '../model/clock.ts'
import type { Entropy } from '../model/entropy.ts'
import type { Logger } from '../model/logger.ts'
import { untilAborted } from '../model/until-aborted.ts'
import { clusterAddresses, podAddress } from './addresses.ts'
import { announce } from './announce.ts'
import { ClusterMirror, MIRRORED_KINDS } from './cluster-mirror.ts'
import type { ControlPlane } from './control-plane.ts'
import { LabError } from './lab-error.ts'
import type { Machine } from './machine.ts'
import { NetworkStep } from './network-step.ts'
import type { ClusterIps } from './network-tables.ts'
import { Pod } from './pod.ts'
import { livePod } from './pod-life.ts'
import { podKey } from './pod-state.ts'
import { randomUuid } from './random-uuid.ts'
import type { PodRequest, RequestOutcome } from './request-agent.ts'
import { retry } from './retry.ts'
import { chooseSidecars } from './sidecar-choices.ts'
import { Wake } from './wake.ts'
import type { Workloads } from './workloads/workloads.ts'

/** How often ports are looked at: while some pod is not ready, and afterwards. */
const EAGER_MS: Ms = 50
const STEADY_MS: Ms = 1000
/** At the end the lab's objects leave the cluster, where there still is one. */
const FAREWELL_MS: Ms = 2000

export interface LabOptions {
  readonly machine: Machine
  readonly workloads: Workloads
  readonly controlPlane: ControlPlane
  /** Where the control plane's own objects are, as `plumbline-system`. */
  readonly controlNamespace: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

export interface LabPod {
  readonly namespace: string
  readonly name: string
  readonly deployment: string
  readonly serviceAccount: string
  readonly address: string
  /** Present when it has a sidecar. */
  readonly proxyUid?: string
  readonly ready: boolean
}

export class Lab {
  readonly #options: LabOptions
  readonly #pods: readonly Pod[]
  readonly #mirror: ClusterMirror
  readonly #network: NetworkStep
  readonly #clusterIps: ClusterIps
  readonly #wake = new Wake()
  readonly #announced = Promise.withResolvers<void>()
  readonly #ready = Promise.withResolvers<void>()
  /** Pods whose sidecar is decided: the others are not announced, as a Pod's labels must be right from the start. */
  #decided: readonly Pod[] | undefined
  /** What belonged in the cluster at the last round; `undefined` before the first. */
  #kept: string | undefined

  private constructor(options: LabOptions, pods: readonly Pod[], clusterIps: ClusterIps) {
    const { services } = options.workloads
    const { environment } = options.machine
    this.#options = options
    this.#pods = pods
    this.#clusterIps = clusterIps
    this.#mirror = new ClusterMirror(options.controlPlane.cluster)
    this.#network = new NetworkStep({ services, clusterIps, environment })
  }

  /** Resolves when every pod has its network; nothing runs in them before `run`. Throws `LabError`. */
  static async open(options: LabOptions): Promise<Lab> {
    const { workloads, machine, clock, log } = options
    const opened = workloads.pods.map((workload, ordinal) =>
      Pod.open(machine, { workload, ordinal, address: podAddress(ordinal) }, { clock, log }),
    )
    const names = workloads.services.filter((service) => !service.headless).map(podKey)
    return new Lab(options, await Promise.all(opened), clusterAddresses(names))
  }

  get pods(): readonly LabPod[] {
    return this.#pods.map(({ state, workload }) => {
      const { namespace, name, deployment, serviceAccount } = workload
      const { workload: _, ...rest } = state
      return { namespace, name, deployment, serviceAccount, ...rest }
    })
  }

  /** Resolves once every pod that may start is ready and the cluster knows; rejects with the signal's reason. */
  async ready(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#ready.promise, signal)
  }

  /**
   * Sends one request from a pod (`namespace/pod`, or `namespace/deployment` for its first); the outcome of a request that fails is
   * a value. Throws `LabError` `PodUnknown`.
   */
  async request(from: string, request: PodRequest): Promise<RequestOutcome> {
    const pod =
      this.#pods.find((one) => one.key === from) ??
      this.#pods.find((one) => one.key === `${from}-0`)
    if (pod !== undefined) return await pod.request(request)
    const there = this.#pods.map((one) => one.key).join(', ')
    throw new LabError('PodUnknown', `the lab has no pod ${from}; there is: ${there}`)
  }

  /** Runs the pods until the signal aborts, then ends them all. The control plane may come and go meanwhile. */
  async run(outer: AbortSignal): Promise<void> {
    const failed = new AbortController()
    const signal = AbortSignal.any([outer, failed.signal])
    const { clock, log } = this.#options
    const lost = () => this.#wake.ring()
    const tasks = [
      this.#bringUp(signal),
      this.#keepInStep(signal),
      this.#keepLooking(signal),
      ...MIRRORED_KINDS.map((kind) => this.#mirror.watch(kind, { lost, clock, log, signal })),
    ]
    try {
      await Promise.all(tasks)
    } catch (error) {
      if (!outer.aborted) throw error
    } finally {
      failed.abort()
      await Promise.allSettled(tasks)
      await this.#close()
    }
  }

  async #bringUp(signal: AbortSignal): Promise<void> {
    const { controlPlane, controlNamespace, workloads, clock, log } = this.#options
    const { cluster } = controlPlane
    await controlPlane.policyApplied(signal)
    const decisions = await retry(() => chooseSidecars({ cluster, workloads, controlNamespace }), {
      what: 'the cluster does not say which pods get a sidecar; asking again',
      ...{ clock, log, signal },
    })
    const starting = this.#pods.flatMap((pod) => this.#decide(pod, decisions.get(pod.key)))
    this.#decided = starting.map(({ pod }) => pod)
    this.#wake.ring()
    await untilAborted(this.#announced.promise, signal)
    await Promise.all(
      starting.map(({ pod, decision }) =>
        livePod(pod, decision, { controlPlane, clock, log, signal }),
      ),
    )
  }

  #decide(pod: Pod, decision: SidecarDecision | undefined): readonly Starting[] {
    if (decision === undefined) return []
    if (decision.type === 'refuse') {
      this.#options.log.error('pod refused', { pod: pod.key, mistakes: decision.mistakes })
      return []
    }
    if (decision.type === 'inject') pod.giveSidecar(randomUuid(this.#options.entropy))
    return [{ pod, decision }]
  }

  /** Level, not edge: each round works out everything from the pods as they are and writes what differs. */
  async #keepInStep(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    while (!signal.aborted) {
      await this.#wake.wait(signal)
      if (signal.aborted) return
      await this.#network.bringUpToDate(this.#pods)
      const decided = this.#decided
      if (decided === undefined) continue
      const what = 'the cluster does not take the lab’s objects; trying again'
      await retry(() => this.#announce(decided), { what, clock, log, signal })
    }
  }

  async #announce(decided: readonly Pod[]): Promise<void> {
    const { workloads } = this.#options
    const pods = decided.map((pod) => pod.state)
    const keep = await announce(this.#mirror, { workloads, clusterIps: this.#clusterIps, pods })
    // The first time it also clears away what an earlier lab left.
    const kept = [...keep].toSorted(byCodeUnit).join('\n')
    if (kept !== this.#kept) await this.#mirror.sweep(keep)
    this.#kept = kept
    this.#announced.resolve()
    if (pods.every((pod) => pod.ready)) this.#ready.resolve()
  }

  async #keepLooking(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const decided = this.#decided ?? []
      const changes = await Promise.all(decided.map((pod) => pod.lookWhetherReady()))
      if (changes.includes(true)) this.#wake.ring()
      const steady = this.#decided?.every((pod) => pod.state.ready) === true
      await clock.sleep(steady ? STEADY_MS : EAGER_MS, signal)
    }
  }

  async #close(): Promise<void> {
    const farewell = this.#mirror.sweep(new Set()).catch((error: unknown) => {
      this.#options.log.debug('the lab’s objects stay in the cluster', { error: String(error) })
    })
    const over = new AbortController()
    const limit = this.#options.clock.sleep(FAREWELL_MS, over.signal)
    await Promise.race([farewell, limit])
    over.abort()
    await Promise.all(this.#pods.map((pod) => pod.close()))
  }
}

interface Starting {
  readonly pod: Pod
  readonly decision: Exclude<SidecarDecision, { readonly type: 'refuse' }>
}
