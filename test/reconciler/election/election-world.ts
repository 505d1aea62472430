/** Replicas that stand for election on one embedded cluster: each with its own way to it and its own clock, all on stepped time. */
import { expect, onTestFinished } from 'vitest'
import type { Clock, Instant, Ms } from '../../../src/model/clock.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { type Cluster, ClusterError, type WatchEvent } from '../../../src/reconciler/cluster.ts'
import type { ElectionTiming } from '../../../src/reconciler/election/election-timing.ts'
import { gatedCluster } from '../../../src/reconciler/election/gated-cluster.ts'
import { runElection } from '../../../src/reconciler/election/leader-election.ts'
import type { Leadership } from '../../../src/reconciler/election/leadership.ts'
import { LEASE } from '../../../src/reconciler/election/lease.ts'
import type { EmbeddedCluster } from '../../../src/reconciler/embedded/embedded-cluster.ts'
import { aConfigMap } from '../../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

export const LEADER_LEASE = { ...LEASE, namespace: 'default', name: 'plumbline-leader' }

/**
 * How a replica finds the API server. `mute`: it does what it is asked, and its answers wait; `lossy`: it is up, and what waited
 * goes on waiting; `deaf`: only watches say nothing.
 */
export type Reach = 'up' | 'down' | 'hanging' | 'mute' | 'lossy' | 'deaf'

/** One replica's way to the cluster. */
export class Way implements Cluster {
  readonly #cluster: Cluster
  #reach: Reach = 'up'
  #healed = Promise.withResolvers<void>()
  /** Answers are lost from this call on. */
  muteFrom = Number.POSITIVE_INFINITY
  /** Calls that will answer without anybody's doing. */
  busy = 0
  calls = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Calls that hang go on when it is reached again. */
  is(reach: Reach): void {
    this.#reach = reach
    if (reach !== 'up') return
    this.#healed.resolve()
    this.#healed = Promise.withResolvers()
  }

  get: Cluster['get'] = async (id) => await this.#call(() => this.#cluster.get(id))
  list: Cluster['list'] = async (kind, options) =>
    await this.#call(() => this.#cluster.list(kind, options))
  apply: Cluster['apply'] = async (object, options) =>
    await this.#call(() => this.#cluster.apply(object, options))
  create: Cluster['create'] = async (object, options) =>
    await this.#call(() => this.#cluster.create(object, options))
  update: Cluster['update'] = async (object, options) =>
    await this.#call(() => this.#cluster.update(object, options))
  delete: Cluster['delete'] = async (id, preconditions) =>
    await this.#call(() => this.#cluster.delete(id, preconditions))

  async *watch(...[kind, options]: Parameters<Cluster['watch']>): AsyncIterable<WatchEvent> {
    for await (const event of this.#cluster.watch(kind, options)) {
      // A watch that nobody cuts is silent while nothing is heard.
      while (this.#reach !== 'up' && this.#reach !== 'lossy') await this.#healed.promise
      yield event
    }
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    const isMute = ++this.calls >= this.muteFrom
    if (this.#reach === 'down') throw new ClusterError('Unavailable', 'connection refused')
    if (this.#reach === 'hanging') await this.#healed.promise
    this.busy += 1
    const answer = await call().finally(() => {
      this.busy -= 1
    })
    if (isMute || this.#reach === 'mute') await this.#healed.promise
    return answer
  }
}

/** A replica's own clock, on the time that all share. */
export class OwnClock implements Clock {
  readonly #shared: FakeClock
  readonly #rate: number
  #offset: Ms = 0
  #resumed: PromiseWithResolvers<void> | undefined

  /** `rate`: how fast it runs. */
  constructor(shared: FakeClock, rate = 1) {
    this.#shared = shared
    this.#rate = rate
  }

  now(): Instant {
    return (this.#shared.now() + this.#offset) as Instant
  }

  monotonic(): Ms {
    return this.#shared.monotonic() * this.#rate
  }

  async sleep(span: Ms, signal?: AbortSignal): Promise<void> {
    await this.#shared.sleep(span / this.#rate, signal)
    await this.#resumed?.promise
  }

  jumpWall(span: Ms): void {
    this.#offset += span
  }

  /** The process is stopped: time goes on, and no timer fires until it is resumed. */
  pause(): void {
    this.#resumed = Promise.withResolvers()
  }

  resume(): void {
    this.#resumed?.resolve()
    this.#resumed = undefined
  }
}

export interface Effect {
  readonly who: string
  /** On the shared clock. */
  readonly at: Ms
}

export class ElectionWorld {
  readonly cluster: EmbeddedCluster
  readonly clock = new FakeClock()
  readonly log = new RecordingLogger()
  /** Every write that got through, in order. */
  readonly effects: Effect[] = []
  readonly #ways: Way[] = []
  /** By which writes reach the cluster, whatever becomes of the way by which the Lease is renewed. */
  readonly sink: Way

  static async open(): Promise<ElectionWorld> {
    return new ElectionWorld(await anEmbeddedCluster({ namespaces: ['default'] }))
  }

  private constructor(cluster: EmbeddedCluster) {
    this.cluster = cluster
    this.sink = this.way()
  }

  way(): Way {
    const way = new Way(this.cluster)
    this.#ways.push(way)
    return way
  }

  /** Lets time go on, and every call that answers answer, each at the moment it was made. */
  async pass(span: Ms): Promise<void> {
    const step = 100
    for (let left = span; left > 0; left -= step) {
      await this.clock.advance(Math.min(step, left))
      await this.settle()
    }
  }

  async settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while (this.#ways.some(({ busy }) => busy > 0))
    await this.clock.advance(0)
  }

  async lease(): Promise<KubernetesObject | undefined> {
    return await this.cluster.get(LEADER_LEASE)
  }

  /** Who has written, in the order in which they began to. */
  get order(): readonly string[] {
    return this.effects.map(({ who }) => who).filter((who, index, all) => all[index - 1] !== who)
  }

  /** When the first write of that one got through, and the last; not a number when none did. */
  firstOf(name: string): Ms {
    return this.effects.find(({ who }) => who === name)?.at ?? Number.NaN
  }

  lastOf(name: string): Ms {
    return this.effects.findLast(({ who }) => who === name)?.at ?? Number.NaN
  }
}

export interface ReplicaOptions {
  readonly timing?: ElectionTiming
  readonly rate?: number
  /** Of its entropy: replicas that have the same draw the same pauses. */
  readonly seed?: number
  /** What it does when it leads; by default it writes five times a second until it is told to stop. */
  readonly lead?: (leadership: Leadership, replica: TestReplica) => Promise<void>
}

export class TestReplica {
  readonly name: string
  readonly way: Way
  readonly clock: OwnClock
  readonly holders: (string | undefined)[] = []
  readonly ended: Promise<void>
  /** Of the last time that it led. */
  leadership: Leadership | undefined
  terms = 0
  /** Terms whose `lead` has not ended. */
  active = 0
  readonly #world: ElectionWorld
  readonly #closing = new AbortController()

  constructor(world: ElectionWorld, name: string, options: ReplicaOptions = {}) {
    const {
      rate,
      seed = name.charCodeAt(0),
      lead = (_leadership, replica) => replica.writeUntilTold(),
    } = options
    this.#world = world
    this.name = name
    this.way = world.way()
    this.clock = new OwnClock(world.clock, rate)
    this.ended = runElection(
      {
        ...{ cluster: this.way, clock: this.clock, log: world.log, namespace: 'default' },
        entropy: new SeededEntropy(seed),
        identity: name,
        ...(options.timing && { timing: options.timing }),
        lead: async (leadership) => {
          this.leadership = leadership
          this.terms += 1
          this.active += 1
          await lead(leadership, this).finally(() => {
            this.active -= 1
          })
        },
        onHolder: (holder) => this.holders.push(holder),
      },
      this.#closing.signal,
    )
    onTestFinished(() => {
      this.#closing.abort()
    })
  }

  close(): void {
    this.#closing.abort()
  }

  /** Whether it has a right to write. */
  get leads(): boolean {
    return this.leadership?.isHeld() === true
  }

  /** One write by way of the gate; answers how it went. */
  async write(): Promise<string> {
    const { sink, clock, effects } = this.#world
    const gated = gatedCluster(sink, { isHeld: () => this.leads })
    const options = { fieldManager: this.name, force: true, dryRun: false }
    const at = clock.monotonic()
    try {
      await gated.apply(aConfigMap('effects', { who: this.name }), options)
      effects.push({ who: this.name, at })
      return 'written'
    } catch (error) {
      return (error as ClusterError).code
    }
  }

  async writeUntilTold(): Promise<void> {
    while (this.leadership?.signal.aborted === false) {
      await this.write()
      await this.clock.sleep(200, this.leadership.signal)
    }
  }
}

/** `a` leads, and `b` has seen that it does. */
export async function aLeads(): Promise<{
  readonly world: ElectionWorld
  readonly a: TestReplica
  readonly b: TestReplica
}> {
  const world = await ElectionWorld.open()
  const a = new TestReplica(world, 'a')
  await world.settle()
  const b = new TestReplica(world, 'b')
  await world.pass(20_000)
  expect([a.leads, b.leads]).toEqual([true, false])
  return { world, a, b }
}
