/** The weights that controllers have set in splits whose commit hands them over, as proxies are to follow them. */

import type { Clock, Ms } from '../../../model/clock.ts'
import type { Logger } from '../../../model/logger.ts'
import type { ObjectKind } from '../../../model/object-id.ts'
import type { MeshIntent } from '../../../policy/mesh-intent.ts'
import { delegatesWeights, withLiveWeights } from '../../../reconciler/drift/with-live-weights.ts'
import type { LiveObjects } from '../../../reconciler/live-objects.ts'

const TRAFFIC_SPLIT: ObjectKind = {
  group: 'split.smi-spec.io',
  version: 'v1alpha4',
  kind: 'TrafficSplit',
}

const ASK_AGAIN_MS: Ms = 1_000

export interface LiveWeightsOptions {
  readonly live: Pick<LiveObjects, 'get' | 'knows' | 'follow' | 'onChange'>
  readonly clock: Clock
  readonly log: Logger
}

/** Follows TrafficSplits only once a commit hands weights over. */
export class LiveWeights {
  readonly #options: LiveWeightsOptions
  readonly #closing = new AbortController()
  readonly #listeners = new Set<() => void>()
  #isFollowing = false
  #isTellingDue = false

  constructor(options: LiveWeightsOptions) {
    this.#options = options
    options.live.onChange(({ id }) => {
      if (id.kind === TRAFFIC_SPLIT.kind && this.#isFollowing) this.#tellSoon()
    })
  }

  /** Whether what the mesh hands over is known; where it is not, it will be, and `onChange` tells. */
  isKnown(mesh: MeshIntent): boolean {
    if (!delegatesWeights(mesh)) return true
    this.#follow()
    return this.#options.live.knows(TRAFFIC_SPLIT)
  }

  /** The same mesh where nothing is handed over or nothing moved. */
  in(mesh: MeshIntent): MeshIntent {
    return withLiveWeights(mesh, (id) => this.#options.live.get(id))
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  close(): void {
    this.#closing.abort()
  }

  #follow(): void {
    if (this.#isFollowing) return
    this.#isFollowing = true
    void this.#untilKnown(this.#closing.signal)
  }

  async #untilKnown(signal: AbortSignal): Promise<void> {
    const { live, clock, log } = this.#options
    while (!signal.aborted) {
      try {
        await live.follow([TRAFFIC_SPLIT], signal)
        return this.#tellSoon()
      } catch (error) {
        if (signal.aborted) return
        log.warn('the weights that controllers have set are not known yet', { error })
        await clock.sleep(ASK_AGAIN_MS, signal)
      }
    }
  }

  /** Changes that arrive in one turn are told together. */
  #tellSoon(): void {
    if (this.#isTellingDue) return
    this.#isTellingDue = true
    setImmediate(() => {
      this.#isTellingDue = false
      if (!this.#closing.signal.aborted) for (const listener of this.#listeners) listener()
    })
  }
}
