/** The repositories that are followed, as somebody asks for them: begins, changes and ends a run for each. */
import { byCodeUnit } from '../../../model/by-code-unit.ts'
import { messageOf } from '../../../model/message-of.ts'
import type { ObjectId } from '../../../model/object-id.ts'
import { Exclusive } from '../../../reconciler/exclusive.ts'
import { inventoryHeadId } from '../../../reconciler/inventory/inventory-store.ts'
import { NO_OTHERS, type Ownership } from '../../../reconciler/ownership.ts'
import type { RepositorySpec } from '../../../reconciler/repositories/repository-spec.ts'
import type { RepositoryState } from '../../../reconciler/repositories/repository-state.ts'
import { CONTROL_NAMESPACE } from '../serving/control-plane-identity.ts'
import type {
  AskedRepository,
  RefusedRepository,
  RepositoryContext,
  RepositoryRequest,
} from './repository-context.ts'
import { RepositoryRun } from './repository-run.ts'

export type RepositoriesOptions = Omit<RepositoryContext, 'ownership' | 'onSynced' | 'onPassed'>

export class Repositories {
  readonly #context: RepositoryContext
  readonly #runs = new Map<string, RepositoryRun>()
  readonly #refused = new Map<string, RefusedRepository>()
  readonly #exclusive = new Exclusive()
  /** Repositories that prune nothing before others have been looked at. */
  readonly #undecided = new Set<string>()
  #names: ReadonlySet<string> | undefined
  #isClosed = false

  constructor(options: RepositoriesOptions) {
    const ownership: Ownership = {
      claim: (repository, id) => this.#claim(repository, id),
      claimant: (id, except) => this.#claimant(id, except),
      behind: (repository) => this.#behind(repository),
    }
    // One that flags name knows of no others, which another control plane may follow.
    this.#context = {
      ...options,
      ownership: options.isOnly ? NO_OTHERS : ownership,
      onSynced: (name) => this.#lookAgain(name),
      onPassed: (name) => this.#passed(name),
    }
  }

  /** Sorted by name. */
  get runs(): readonly RepositoryRun[] {
    return [...this.#runs.values()].sort((a, b) => byCodeUnit(a.name, b.name))
  }

  run(name: string): RepositoryRun | undefined {
    return this.#runs.get(name)
  }

  /** By name, of all that somebody asks for. */
  get states(): ReadonlyMap<string, RepositoryState> {
    const names = new Set([...this.#runs.keys(), ...this.#refused.keys()])
    return new Map(
      [...names].flatMap((name) => {
        const state = this.state(name)
        return state === undefined ? [] : [[name, state]]
      }),
    )
  }

  /** `undefined` for a repository that nobody asks for. */
  state(name: string): RepositoryState | undefined {
    const refused = this.#refused.get(name)
    const state = this.#runs.get(name)?.state
    if (refused === undefined) return state
    const { generation, reason, errors } = refused
    const spec = { type: 'refused', reason, errors } as const
    return { ...(state ?? this.#unknownState()), spec, generation }
  }

  /**
   * These and no others. One whose request is wrong goes on as it was asked for last: a mistake takes nothing away.
   * Resolves when it is so; never rejects.
   */
  async set(requests: ReadonlyMap<string, RepositoryRequest>): Promise<void> {
    await this.#exclusive.run(async () => {
      if (this.#isClosed) return
      this.#names = new Set(requests.keys())
      this.#context.mesh.setRepositories(this.#names)
      await this.#keepOnly(this.#names)
      for (const request of requests.values()) await this.#take(request)
    })
  }

  /** Asks for a pass of each, or of one. */
  request(reason: string, name?: string): void {
    for (const run of this.#runs.values())
      if (name === undefined || run.name === name) run.request(reason)
  }

  async close(): Promise<void> {
    await this.#exclusive.run(async () => {
      this.#isClosed = true
      await Promise.all([...this.#runs.values()].map(async (run) => await run.close()))
    })
  }

  async #keepOnly(names: ReadonlySet<string>): Promise<void> {
    for (const [name, run] of this.#runs) {
      if (names.has(name)) continue
      await this.#end(name, run)
      this.#context.onForgotten(name)
    }
    for (const name of this.#refused.keys()) if (!names.has(name)) this.#refused.delete(name)
  }

  async #take(request: RepositoryRequest): Promise<void> {
    if (request.type === 'asked') await this.#follow(request.asked)
    else await this.#refuse(request.refused)
  }

  async #follow(asked: AskedRepository): Promise<void> {
    const { name } = asked.spec
    this.#refused.delete(name)
    const before = this.#runs.get(name)
    if (before !== undefined && placeOf(before.spec) === placeOf(asked.spec)) {
      before.update(asked)
      return
    }
    if (before !== undefined) await this.#end(name, before)
    const run = new RepositoryRun(asked, this.#context)
    this.#runs.set(name, run)
    run.start()
    this.#context.onChange(name)
  }

  /** Nothing is waited for of one that has never been applied here. */
  async #refuse(refused: RefusedRepository): Promise<void> {
    const { name } = refused
    this.#refused.set(name, refused)
    this.#context.onChange(name)
    if (this.#runs.has(name)) return
    const { cluster, mesh, shell } = this.#context
    try {
      const head = await cluster.get(inventoryHeadId(CONTROL_NAMESPACE, name))
      if (head === undefined) mesh.hasNothing(name)
    } catch (error) {
      shell.log.warn('whether a repository that is refused has been applied here is not known', {
        repository: name,
        error: messageOf(error),
      })
    }
  }

  async #end(name: string, run: RepositoryRun): Promise<void> {
    this.#runs.delete(name)
    await run.close()
  }

  /** Others may have waited for what this one has let go, or has now. */
  #lookAgain(synced: string): void {
    for (const run of this.#runs.values())
      if (run.name !== synced && run.isWaiting) run.request(`${synced} has moved on`)
  }

  /** What another wants by now is known once it was looked at after the commit that wants less. */
  #behind(repository: string): string | undefined {
    const since = this.#runs.get(repository)?.commitSince
    const behind = this.runs.find(
      (run) => run.name !== repository && run.isBehind(since ?? Number.POSITIVE_INFINITY),
    )
    if (behind === undefined) return undefined
    this.#undecided.add(repository)
    behind.request(`${repository} is about to prune`)
    return behind.name
  }

  #passed(name: string): void {
    for (const undecided of this.#undecided)
      if (undecided !== name && this.#undecided.delete(undecided))
        this.#runs.get(undecided)?.request(`${name} was looked at`)
  }

  #claim(repository: string, id: ObjectId): ReturnType<Ownership['claim']> {
    const run = this.#runs.get(repository)
    if (run !== undefined) return run.reconciler.wants(id)
    // Nobody is called gone before it is known who is there.
    const isFollowed = this.#names?.has(repository) ?? true
    return isFollowed ? 'unknown' : 'gone'
  }

  #claimant(id: ObjectId, except: string): string | undefined {
    return this.runs.find(
      ({ name, reconciler }) => name !== except && reconciler.wants(id) === 'wanted',
    )?.name
  }

  #unknownState(): Omit<RepositoryState, 'spec' | 'generation'> {
    return {
      ...{ handledReconcileAt: undefined, records: [], outcome: undefined, pin: { type: 'none' } },
      ...{ served: undefined, objects: undefined, proxies: this.#context.proxies() },
      ...{ drifts: [], driftTotal: 0, now: this.#context.shell.clock.now() },
    }
  }
}

/** What cannot change under a run: where it reads from, and as whom it writes. */
function placeOf(spec: RepositorySpec): string {
  const { url, ref, path, timeoutMs, credentialsSecret, serviceAccount } = spec
  return JSON.stringify([url, ref, path, timeoutMs, credentialsSecret, serviceAccount])
}
