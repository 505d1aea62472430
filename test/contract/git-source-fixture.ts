/** What the parts of the git port's contract work with: one repository and one source a test. */
import { afterEach, beforeEach } from 'vitest'
import type { SourceFile } from '../../src/model/source-file.ts'
import {
  type GitSource,
  GitSourceError,
  type GitSourceErrorCode,
  type ReadLimits,
} from '../../src/reconciler/git-source.ts'
import { GitRepository } from '../support/git-repository.ts'

export interface OpenedSource {
  readonly source: GitSource
  close(): Promise<void>
}

/** Opens a source over what the repository has published. */
export type OpenSource = (repository: GitRepository) => Promise<OpenedSource>

export const LIMITS: ReadLimits = {
  maxFiles: 1_000,
  maxFileBytes: 100_000,
  maxTotalBytes: 1_000_000,
}
export const NEVER = new AbortController().signal

export interface ReadOptions {
  readonly path?: string
  readonly wanted?: (path: string) => boolean
  readonly limits?: Partial<ReadLimits>
  readonly signal?: AbortSignal
}

export interface GitSourceFixture {
  readonly repository: GitRepository
  /** Publishes what was committed; the same source throughout a test. */
  source(): Promise<GitSource>
  read(ref: string, options?: ReadOptions): Promise<readonly SourceFile[]>
}

/** For the body of a `describe`: everything is made anew for each test. */
export function gitSourceFixture(open: OpenSource): GitSourceFixture {
  let repository: GitRepository
  let opened: OpenedSource | undefined
  beforeEach(() => {
    repository = new GitRepository()
  })
  afterEach(async () => {
    await opened?.close()
    opened = undefined
    repository.remove()
  })
  async function source(): Promise<GitSource> {
    repository.publish()
    opened ??= await open(repository)
    return opened.source
  }
  return {
    get repository() {
      return repository
    },
    source,
    read: async (ref, options = {}) => {
      const { path = '', wanted = () => true, limits = {}, signal = NEVER } = options
      const from = await source()
      const commit = await from.resolve(ref, NEVER)
      return from.read({ commit, path, wanted, limits: { ...LIMITS, ...limits }, signal })
    },
  }
}

/** The code of the refusal; whatever else is thrown stays thrown. */
export async function refusal(work: Promise<unknown>): Promise<GitSourceErrorCode> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof GitSourceError) return error.code
  throw error
}
