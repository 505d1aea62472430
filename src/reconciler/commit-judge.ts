/** Reads a commit and judges it: what it asks for, or every problem in it. Touches no cluster. */
import type { CommitSha } from '../model/commit-sha.ts'
import { keptKey, type ObjectKey } from '../model/object-id.ts'
import type { Problem } from '../model/problem.ts'
import { wantedFile } from '../policy/files/wanted-file.ts'
import type { Intent } from '../policy/intent.ts'
import type { PolicyCompiler } from '../policy/policy-compiler.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'
import { DesiredCache } from './desired-cache.ts'
import type { CommitHeader, GitSource, ReadLimits } from './git-source.ts'
import { toApplySet } from './inventory/apply-set.ts'
import { inventoryHeadId } from './inventory/inventory-store.ts'

export interface CommitJudgeOptions {
  readonly git: Pick<GitSource, 'header' | 'read'>
  /** The folder of the repository that holds the policies; `''` for all of it. */
  readonly path: string
  readonly limits: ReadLimits
  readonly compiler: Pick<PolicyCompiler, 'compile'>
  /** Problems that only the whole Intent shows, as failing policy tests; an error stops the commit. */
  readonly verify: (intent: Intent) => readonly Problem[]
  /** The repository's name in this cluster. */
  readonly repository: string
  /** Where the inventory is kept. */
  readonly controlNamespace: string
}

export interface ValidCommit {
  readonly type: 'valid'
  readonly header: CommitHeader
  readonly intent: Intent
  readonly desired: readonly DesiredObject[]
  /** The same, by key. */
  readonly wanted: ReadonlyMap<ObjectKey, DesiredObject>
  /** Warnings. */
  readonly problems: readonly Problem[]
}

export interface InvalidCommit {
  readonly type: 'invalid'
  readonly header: CommitHeader
  readonly problems: readonly Problem[]
}

export type JudgedCommit = ValidCommit | InvalidCommit

export class CommitJudge {
  readonly #options: CommitJudgeOptions
  readonly #desiredCache: DesiredCache

  constructor(options: CommitJudgeOptions) {
    this.#options = options
    const { controlNamespace, repository } = options
    this.#desiredCache = new DesiredCache(toApplySet(inventoryHeadId(controlNamespace, repository)))
  }

  /** `known` is the commit's header, where it has been read already. Throws `GitSourceError`. */
  async judge(commit: CommitSha, signal: AbortSignal, known?: CommitHeader): Promise<JudgedCommit> {
    const { git, path, limits, compiler, verify } = this.#options
    const header = known ?? (await git.header(commit, signal))
    const files = await git.read({ commit, path, wanted: wantedFile, limits, signal })
    const compilation = compiler.compile({ commit, files, root: path })
    if (compilation.type === 'invalid')
      return { type: 'invalid', header, problems: compilation.problems }
    const { intent } = compilation
    const problems = [...compilation.problems, ...verify(intent)]
    if (problems.some(({ severity }) => severity === 'error'))
      return { type: 'invalid', header, problems }
    const desired = this.#desiredCache.of(intent)
    const wanted = new Map(desired.map((object) => [keptKey(object.id), object]))
    return { type: 'valid', header, intent, desired, wanted, problems }
  }
}
