/** The MeshRepositories of the control namespace: what they ask for is followed, and what becomes of it is written into them. */
import { isDeepStrictEqual } from 'node:util'
import { dependencyWait } from '../../../reconciler/repositories/dependency-wait.ts'
import { EventRecorder } from '../../../reconciler/repositories/event-recorder.ts'
import { eventsBetween } from '../../../reconciler/repositories/events-between.ts'
import {
  type FollowedRepositories,
  MeshRepositoryWatch,
} from '../../../reconciler/repositories/mesh-repository-watch.ts'
import { readRepositoryStatus } from '../../../reconciler/repositories/read-repository-status.ts'
import type { RepositorySpec } from '../../../reconciler/repositories/repository-spec.ts'
import type { RepositoryState } from '../../../reconciler/repositories/repository-state.ts'
import { StatusWriter } from '../../../reconciler/repositories/status-writer.ts'
import { toRepositoryStatus } from '../../../reconciler/repositories/to-repository-status.ts'
import { CONTROL_NAMESPACE } from '../serving/control-plane-identity.ts'
import { repositoryRequests } from './repository-requests.ts'
import type { RepositorySource, RepositorySourceOptions } from './repository-source.ts'

export class MeshRepositories implements RepositorySource {
  readonly #options: RepositorySourceOptions
  readonly #writer: StatusWriter
  readonly #events: EventRecorder
  /** The state of each that Events were last made from. */
  readonly #told = new Map<string, RepositoryState>()
  readonly #due = new Set<string>()
  #watch: MeshRepositoryWatch | undefined
  #isClosed = false

  constructor(options: RepositorySourceOptions) {
    const { shell, governed } = options
    const writing = { ...shell, cluster: governed.cluster, namespace: CONTROL_NAMESPACE }
    this.#options = options
    this.#writer = new StatusWriter(writing)
    this.#events = new EventRecorder(writing)
  }

  start(): void {
    const { opened, shell } = this.#options
    this.#watch = new MeshRepositoryWatch({
      ...{ ...shell, cluster: opened.cluster, namespace: CONTROL_NAMESPACE },
      localRepositories: opened.shared === undefined,
      onChange: (all) => this.#ask(all),
    })
  }

  waitsFor(spec: RepositorySpec): string | undefined {
    return dependencyWait(spec, (name) => this.#options.repositories.state(name))
  }

  /** Changes that come in one turn are written together. */
  changed(name: string): void {
    if (this.#due.size === 0) setImmediate(() => this.#tellDue())
    this.#due.add(name)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#watch?.close()
    await this.#writer.close()
    await this.#events.close()
  }

  #ask(all: FollowedRepositories): void {
    const { repositories, opened } = this.#options
    const hasAccounts = opened.shared !== undefined
    const running = (name: string) => repositories.run(name)?.spec
    void repositories.set(repositoryRequests(all, { hasAccounts, running }))
    for (const name of this.#told.keys()) if (!all.has(name)) this.#told.delete(name)
    for (const name of all.keys()) this.changed(name)
  }

  #tellDue(): void {
    const due = [...this.#due]
    this.#due.clear()
    // What one replica writes the others read: they have seen less of what was applied.
    if (this.#isClosed || !this.#options.governed.leading.isHeld()) this.#told.clear()
    else for (const name of due) this.#tell(name)
  }

  #tell(name: string): void {
    const { repositories } = this.#options
    const followed = this.#watch?.current?.get(name)
    const state = repositories.state(name)
    if (followed === undefined || state === undefined) return
    const { uid } = followed
    // The watch has the status as it is stored: nothing is asked where nothing has changed.
    const stored = readRepositoryStatus(followed.object)
    this.#events.tell({ name, uid }, eventsBetween(this.#told.get(name), state, stored))
    this.#told.set(name, state)
    if (isDeepStrictEqual(stored, toRepositoryStatus(state, stored))) return
    this.#writer.write(name, (previous) =>
      toRepositoryStatus(repositories.state(name) ?? state, previous),
    )
  }
}
