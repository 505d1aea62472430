/**
 * A git source that is opened when it is first needed, and anew once its credentials were refused: whoever mends the Secret has
 * nothing else to do. What opening throws is thrown by the call that needed it.
 */
import { type GitSource, GitSourceError } from './git-source.ts'

export function reopeningGitSource(open: () => Promise<GitSource>): GitSource {
  let opened: Promise<GitSource> | undefined
  const use = async <T>(action: (git: GitSource) => Promise<T>): Promise<T> => {
    const mine = opened ?? open()
    opened = mine
    try {
      return await action(await mine)
    } catch (error) {
      if (opened === mine && mustReopen(error, await isOpen(mine))) opened = undefined
      throw error
    }
  }
  return {
    resolve: async (ref, signal) => await use(async (git) => await git.resolve(ref, signal)),
    read: async (options) => await use(async (git) => await git.read(options)),
    header: async (commit, signal) => await use(async (git) => await git.header(commit, signal)),
    relation: async (move, signal) => await use(async (git) => await git.relation(move, signal)),
  }
}

function mustReopen(error: unknown, wasOpened: boolean): boolean {
  return !wasOpened || (error instanceof GitSourceError && error.code === 'AuthenticationFailed')
}

async function isOpen(opened: Promise<GitSource>): Promise<boolean> {
  return await opened.then(
    () => true,
    () => false,
  )
}
