/** The MeshRepositories of the control namespace: what they ask for is followed, and what becomes of it is written into them. */
import {
  type FollowedRepositories,
  type FollowedRepository,
  MeshRepositoryWatch,
} from '../../reconciler/repositories/mesh-repository-watch.ts'
import type { RepositorySpec } from '../../reconciler/repositories/repository-spec.ts'
import type { RefusedReason } from '../../reconciler/repositories/repository-state.ts'
import { CONTROL_NAMESPACE } from './control-plane-identity.ts'
import type { RepositoryRequest } from './repository-context.ts'
import type { RepositorySource, RepositorySourceOptions } from './repository-source.ts'

export class MeshRepositories implements RepositorySource {
  readonly #options: RepositorySourceOptions
  #watch: MeshRepositoryWatch | undefined

  constructor(options: RepositorySourceOptions) {
    this.#options = options
  }

  start(): void {
    const { opened, shell } = this.#options
    this.#watch = new MeshRepositoryWatch({
      ...{ ...shell, cluster: opened.cluster, namespace: CONTROL_NAMESPACE },
      localRepositories: opened.shared === undefined,
      onChange: (all) => this.#ask(all),
    })
  }

  waitsFor(_spec: RepositorySpec): string | undefined {
    return undefined
  }

  changed(_name: string): void {}

  async close(): Promise<void> {
    await this.#watch?.close()
  }

  #ask(all: FollowedRepositories): void {
    const requests = [...all].map(([name, followed]) => [name, toRequest(name, followed)] as const)
    void this.#options.repositories.set(new Map(requests))
  }
}

function toRequest(
  name: string,
  { spec, generation, requestedAt }: FollowedRepository,
): RepositoryRequest {
  if (spec.ok) return { type: 'asked', asked: { spec: spec.value, generation, requestedAt } }
  const reason: RefusedReason = 'InvalidSpec'
  return { type: 'refused', refused: { name, generation, reason, errors: spec.error } }
}
