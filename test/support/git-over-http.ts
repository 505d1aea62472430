/** A published repository, a real smart-HTTP server in front of it, and sources that read it. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { CommitSha } from '../../src/model/commit-sha.ts'
import type { SourceFile } from '../../src/model/source-file.ts'
import { type GitSource, GitSourceError } from '../../src/reconciler/git-source.ts'
import {
  type GitSourceOptions,
  openIsomorphicGitSource,
} from '../../src/reconciler/git-source-isomorphic.ts'
import { FakeClock } from './fake-clock.ts'
import { type GitHttpServer, startGitHttpServer } from './git-http-server.ts'
import { GitRepository } from './git-repository.ts'
import { RecordingLogger } from './recording-logger.ts'

export const NEVER = new AbortController().signal
const LIMITS = { maxFiles: 1_000, maxFileBytes: 100_000, maxTotalBytes: 1_000_000 }

export interface GitOverHttp {
  /** Has `a.yaml` on `main`, published. */
  readonly repository: GitRepository
  readonly server: GitHttpServer
  readonly clock: FakeClock
  readonly log: RecordingLogger
  readonly cacheDirectory: string
  open(options?: Partial<GitSourceOptions>): Promise<GitSource>
  /** Lets in only who brings this header from now on. */
  guard(authorization: string): Promise<void>
}

/** For a test file or the body of a `describe`: everything is made anew for each test. */
export function gitOverHttp(): GitOverHttp {
  let made: {
    repository: GitRepository
    server: GitHttpServer
    clock: FakeClock
    log: RecordingLogger
  }
  beforeEach(async () => {
    const repository = new GitRepository()
    repository.commit({ 'a.yaml': 'a' })
    repository.publish()
    const server = await startGitHttpServer({ root: repository.root })
    made = { repository, server, clock: new FakeClock(), log: new RecordingLogger() }
  })
  afterEach(async () => {
    await made.server.close()
    made.repository.remove()
  })
  return {
    get repository() {
      return made.repository
    },
    get server() {
      return made.server
    },
    get clock() {
      return made.clock
    },
    get log() {
      return made.log
    },
    get cacheDirectory() {
      return join(made.repository.root, 'cache')
    },
    open(options = {}) {
      const { clock, log, server } = made
      const url = `${server.origin}/policy.git`
      return openIsomorphicGitSource({
        url,
        cacheDirectory: this.cacheDirectory,
        clock,
        log,
        ...options,
      })
    },
    async guard(authorization) {
      await made.server.close()
      const { root } = made.repository
      made = { ...made, server: await startGitHttpServer({ root, authorization }) }
    },
  }
}

export function readAll(source: GitSource, commit: CommitSha): Promise<readonly SourceFile[]> {
  return source.read({ commit, path: '', wanted: () => true, limits: LIMITS, signal: NEVER })
}

/** The contents of all files, in the order of their paths. */
export async function texts(source: GitSource, ref = 'main'): Promise<readonly string[]> {
  const files = await readAll(source, await source.resolve(ref, NEVER))
  return files.map((file) => Buffer.from(file.bytes).toString())
}

/** The refusal; whatever else is thrown stays thrown. */
export async function refused(work: Promise<unknown>): Promise<GitSourceError> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof GitSourceError) return error
  throw error
}

/** Every file in a folder with its size: to see that nothing half-done was kept. */
export function kept(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => `${name} ${statSync(join(folder, name)).size}`)
    .sort()
}
