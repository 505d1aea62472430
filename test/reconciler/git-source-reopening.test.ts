import { describe, expect, it } from 'vitest'
import { toCommitSha } from '../../src/model/commit-sha.ts'
import { GitSourceError } from '../../src/reconciler/git-source.ts'
import { reopeningGitSource } from '../../src/reconciler/git-source-reopening.ts'
import { MemoryGit } from '../support/memory-git.ts'

const { signal } = new AbortController()

function aSource(failures: readonly Error[]) {
  const git = new MemoryGit()
  const commit = git.commit({ 'a.yaml': '' })
  const left = [...failures]
  let opened = 0
  const source = reopeningGitSource(async () => {
    opened += 1
    const failure = left.shift()
    if (failure !== undefined && !isRefusal(failure)) throw failure
    return {
      resolve: async (ref, within) => {
        if (failure !== undefined) throw failure
        return await git.resolve(ref, within)
      },
      header: async (sha, within) => await git.header(sha, within),
      read: async (options) => await git.read(options),
      relation: async (move, within) => await git.relation(move, within),
    }
  })
  return { source, commit, opened: () => opened }
}

function isRefusal(error: Error): boolean {
  return error instanceof GitSourceError && error.code === 'AuthenticationFailed'
}

describe('a git source that is opened when it is needed', () => {
  it('is opened once', async () => {
    const { source, commit, opened } = aSource([])
    expect(opened()).toBe(0)
    expect(await source.resolve('main', signal)).toBe(commit)
    await source.header(commit, signal)
    expect(opened()).toBe(1)
  })

  it('is opened again after it could not be', async () => {
    const { source, commit } = aSource([new Error('no such Secret')])
    await expect(source.resolve('main', signal)).rejects.toThrow('no such Secret')
    expect(await source.resolve('main', signal)).toBe(commit)
  })

  it('is opened anew, with what the Secret has by then, once its credentials were refused', async () => {
    const { source, commit, opened } = aSource([
      new GitSourceError('AuthenticationFailed', 'refused'),
    ])
    await expect(source.resolve('main', signal)).rejects.toThrow('refused')
    expect(await source.resolve('main', signal)).toBe(commit)
    expect(opened()).toBe(2)
  })

  it('stays open through any other failure', async () => {
    const { source, opened } = aSource([])
    await source.resolve('main', signal)
    const unknown = toCommitSha('f'.repeat(40))
    await expect(source.header(unknown, signal)).rejects.toThrow(GitSourceError)
    await source.resolve('main', signal)
    expect(opened()).toBe(1)
  })
})
