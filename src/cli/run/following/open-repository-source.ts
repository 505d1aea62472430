/** The flags of `plumb run` ask for one repository, or the MeshRepositories of the control namespace for theirs. */
import type { RepositorySpec } from '../../../reconciler/repositories/repository-spec.ts'
import { MeshRepositories } from './mesh-repositories.ts'
import type { Repositories } from './repositories.ts'
import type { RepositorySource, RepositorySourceOptions } from './repository-source.ts'

export function openRepositorySource(options: RepositorySourceOptions): RepositorySource {
  const { run, repositories } = options
  return run.repository === undefined
    ? new MeshRepositories(options)
    : oneRepository(run.repository, repositories)
}

function oneRepository(spec: RepositorySpec, repositories: Repositories): RepositorySource {
  const asked = { spec, generation: 0, requestedAt: undefined }
  return {
    start: () => void repositories.set(new Map([[spec.name, { type: 'asked', asked }]])),
    waitsFor: () => undefined,
    changed: () => undefined,
    close: async () => undefined,
  }
}
