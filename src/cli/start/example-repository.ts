/** A fresh git repository with a copy of the example policies: what the main job commits to. */
import fs from 'node:fs'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import git from 'isomorphic-git'
import { type CommitSha, toCommitSha } from '../../model/commit-sha.ts'

const AUTHOR = { name: 'Plumbline example', email: 'example@plumbline.dev' }

export class ExampleRepository {
  readonly directory: string

  /** Copies the policies (without the workloads, which are not policy) and commits them on `main`. */
  static async create(options: {
    readonly policies: string
    readonly directory: string
  }): Promise<ExampleRepository> {
    const { policies, directory } = options
    await mkdir(directory, { recursive: true })
    await cp(policies, directory, {
      recursive: true,
      filter: (source) => basename(source) !== 'workloads',
    })
    await git.init({ fs, dir: directory, defaultBranch: 'main' })
    const repository = new ExampleRepository(directory)
    await repository.#commit('Begin with the bookstore')
    return repository
  }

  private constructor(directory: string) {
    this.directory = directory
  }

  async read(path: string): Promise<string> {
    return await readFile(join(this.directory, path), 'utf8')
  }

  /** Writes the files (a text each) and commits them. */
  async change(subject: string, files: Readonly<Record<string, string>>): Promise<CommitSha> {
    for (const [path, text] of Object.entries(files))
      await writeFile(join(this.directory, path), text)
    return await this.#commit(subject)
  }

  /** Commits the tree of an earlier commit again, as `git revert` of all that came since would. */
  async restore(commit: CommitSha, subject: string): Promise<CommitSha> {
    await git.checkout({
      fs,
      dir: this.directory,
      ref: commit,
      noUpdateHead: true,
      force: true,
    })
    return await this.#commit(subject)
  }

  async #commit(message: string): Promise<CommitSha> {
    const { directory: dir } = this
    const changed = (await git.statusMatrix({ fs, dir })).filter(([, head, work]) => head !== work)
    for (const [filepath, , work] of changed) {
      if (work === 0) await git.remove({ fs, dir, filepath })
      else await git.add({ fs, dir, filepath })
    }
    return toCommitSha(await git.commit({ fs, dir, message, author: AUTHOR }))
  }
}
