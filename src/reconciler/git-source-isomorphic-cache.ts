/**
 * The bare repositories that stand for a remote on this disk: a cache, rebuilt whenever in doubt.
 *
 * Each fetch adds a pack; after many of them a new generation begins with a fresh clone, and the one before stays so that
 * the last good commit can still be read without the network. A generation counts once a fetch into it has ended.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import git from 'isomorphic-git'
import type { CommitSha } from '../model/commit-sha.ts'
import type { Logger } from '../model/logger.ts'
import { removeLeftovers, wholeFiles } from './git/whole-files.ts'
import { DamagedObjectsError, ObjectReader } from './git-source-isomorphic-objects.ts'

/** Names the commit fetched last: what the next fetch tells the server that we have. */
export const FETCHED = 'refs/plumbline/fetched'

const KEPT = 2

export interface CacheOptions {
  readonly directory: string
  /** Printable. A cache of another repository is thrown away. */
  readonly url: string
  readonly maxObjectBytes: number
  readonly log: Logger
}

export class GitCache {
  readonly #options: CacheOptions
  /** Newest first. */
  #generations: readonly ObjectReader[]
  #next: number

  private constructor(options: CacheOptions, generations: readonly ObjectReader[], next: number) {
    this.#options = options
    this.#generations = generations
    this.#next = next
  }

  static async open(options: CacheOptions): Promise<GitCache> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 })
    const numbers = (await readdir(options.directory))
      .map((name) => Number(/^generation-(\d+)$/.exec(name)?.[1]))
      .filter((number) => Number.isSafeInteger(number))
      .sort((a, b) => b - a)
    const generations: ObjectReader[] = []
    for (const number of numbers) {
      const reader = readerAt(options, number)
      if (generations.length < KEPT && (await isWhole(reader, options.url)))
        generations.push(reader)
      else await remove(reader)
    }
    return new GitCache(options, generations, (numbers[0] ?? 0) + 1)
  }

  get current(): ObjectReader | undefined {
    return this.#generations[0]
  }

  /** The generation that has the commit. One that turns out to be damaged is thrown away. */
  async holding(commit: CommitSha): Promise<ObjectReader | undefined> {
    for (const reader of this.#generations) {
      try {
        if (await reader.commit(commit)) return reader
      } catch (error) {
        if (!(error instanceof DamagedObjectsError)) throw error
        await this.discard(reader, error.message)
      }
    }
    return undefined
  }

  /** An empty repository to fetch into; it counts only once it is kept. */
  async begin(): Promise<ObjectReader> {
    const reader = readerAt(this.#options, this.#next)
    this.#next += 1
    const { gitdir } = reader
    const fs = wholeFiles
    await mkdir(gitdir, { recursive: true, mode: 0o700 })
    await git.init({ fs, gitdir, dir: gitdir, bare: true, defaultBranch: 'main' })
    await git.setConfig({ fs, gitdir, path: 'remote.origin.url', value: this.#options.url })
    // isomorphic-git writes what it fetched under the remote's refspec, and will not fetch without one.
    const refspec = '+refs/*:refs/remote/*'
    await git.setConfig({ fs, gitdir, path: 'remote.origin.fetch', value: refspec })
    return reader
  }

  async keep(reader: ObjectReader): Promise<void> {
    const all = [reader, ...this.#generations.filter((other) => other !== reader)]
    this.#generations = all.slice(0, KEPT)
    for (const old of all.slice(KEPT)) await remove(old)
  }

  async discard(reader: ObjectReader, reason: string): Promise<void> {
    const { log, url } = this.#options
    log.info('git cache is thrown away', { repository: url, directory: reader.gitdir, reason })
    this.#generations = this.#generations.filter((other) => other !== reader)
    await remove(reader)
  }
}

function readerAt({ directory, maxObjectBytes }: CacheOptions, number: number): ObjectReader {
  return new ObjectReader({ gitdir: join(directory, `generation-${number}`), maxObjectBytes })
}

async function isWhole(reader: ObjectReader, url: string): Promise<boolean> {
  try {
    await removeLeftovers(reader.gitdir)
    const origin = await reader.config('remote.origin.url')
    return origin === url && (await reader.ref(FETCHED)) !== undefined
  } catch {
    return false
  }
}

function remove(reader: ObjectReader): Promise<void> {
  return rm(reader.gitdir, { recursive: true, force: true })
}
