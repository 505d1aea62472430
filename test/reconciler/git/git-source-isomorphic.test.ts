/** The isomorphic-git adapter against the contract: a worktree, a bare repository, and real smart HTTP. */
import { join } from 'node:path'
import { openIsomorphicGitSource } from '../../../src/reconciler/git-source-isomorphic.ts'
import { gitSourceContract } from '../../contract/git-source-contract.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { startGitHttpServer } from '../../support/git-http-server.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

const ports = () => ({ clock: new FakeClock(), log: new RecordingLogger() })

gitSourceContract('a folder with a worktree', async (repository) => ({
  source: await openIsomorphicGitSource({
    url: repository.work,
    cacheDirectory: join(repository.root, 'cache'),
    ...ports(),
  }),
  close: async () => undefined,
}))

gitSourceContract('a bare repository by file URL', async (repository) => ({
  source: await openIsomorphicGitSource({
    url: `file://${repository.bare}`,
    cacheDirectory: join(repository.root, 'cache'),
    ...ports(),
  }),
  close: async () => undefined,
}))

gitSourceContract('smart HTTP', async (repository) => {
  const server = await startGitHttpServer({ root: repository.root })
  return {
    source: await openIsomorphicGitSource({
      url: `${server.origin}/policy.git`,
      cacheDirectory: join(repository.root, 'cache'),
      ...ports(),
    }),
    close: () => server.close(),
  }
})
