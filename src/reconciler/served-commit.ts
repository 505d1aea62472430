/** The commit that proxies follow and that drift is measured against; and how a restart goes back to it. */
import type { CommitSha } from '../model/commit-sha.ts'
import type { Logger } from '../model/logger.ts'
import { type ObjectId, toObjectKey } from '../model/object-id.ts'
import type { Intent } from '../policy/intent.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'
import type { CommitJudge, ValidCommit } from './commit-judge.ts'
import { delegatesWeights } from './drift/with-live-weights.ts'
import { type GitSource, GitSourceError } from './git-source.ts'
import type { InventoryKeeper } from './inventory/inventory-keeper.ts'
import { kindsOf } from './kinds-of.ts'
import type { LiveObjects } from './live-objects.ts'

export interface ServedCommitOptions {
  readonly git: Pick<GitSource, 'resolve'>
  readonly judge: Pick<CommitJudge, 'judge'>
  readonly inventory: Pick<InventoryKeeper, 'load'>
  readonly live: Pick<LiveObjects, 'follow'>
  /** Called with each Intent to serve. */
  readonly onIntent: (intent: Intent) => void
  readonly log: Logger
}

export class ServedCommit {
  readonly #options: ServedCommitOptions
  #current: ValidCommit | undefined

  constructor(options: ServedCommitOptions) {
    this.#options = options
  }

  get current(): ValidCommit | undefined {
    return this.#current
  }

  get commit(): CommitSha | undefined {
    return this.#current?.header.sha
  }

  /** What it wants of an object; `undefined` for one that is not ours. */
  desired(id: ObjectId): DesiredObject | undefined {
    return this.#current?.wanted.get(toObjectKey(id))
  }

  serve(judged: ValidCommit): void {
    if (this.#current?.intent === judged.intent) return
    this.#current = judged
    this.#options.onIntent(judged.intent)
  }

  /**
   * Serves a commit that the inventory says was accepted, from what was fetched. Answers with it, or `undefined` when it cannot be
   * served. Throws `GitSourceError` and `ClusterError`.
   */
  async serveAccepted(
    accepted: CommitSha | undefined,
    signal: AbortSignal,
  ): Promise<CommitSha | undefined> {
    const { judge, live, log } = this.#options
    if (accepted === undefined || accepted === this.commit) return accepted
    const judged = await judge.judge(accepted, signal)
    if (judged.type === 'valid') {
      // What a controller has made of its weights is served again, and not what it began from.
      if (delegatesWeights(judged.intent)) await live.follow(kindsOf(judged.desired), signal)
      this.serve(judged)
      return accepted
    }
    // Another version accepted it, and this one does not.
    log.error('the commit that was accepted is refused now, and is not served', {
      commit: accepted,
      problems: judged.problems.length,
    })
    return undefined
  }

  /** What was served before a restart is served before anything new is judged: the new commit may be a bad one. */
  async goBack(tip: CommitSha, signal: AbortSignal): Promise<void> {
    if (this.#current !== undefined) return
    const { git, inventory, log } = this.#options
    const { accepted } = await inventory.load()
    if (accepted === undefined || accepted === tip) return
    try {
      await git.resolve(accepted, signal)
      await this.serveAccepted(accepted, signal)
    } catch (error) {
      if (!(error instanceof GitSourceError)) throw error
      const fields = { commit: accepted, error: error.message }
      log.warn('the commit that was accepted last cannot be had any more', fields)
    }
  }
}
