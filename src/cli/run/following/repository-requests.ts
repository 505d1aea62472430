/** What the MeshRepositories together ask for: each followed, or refused with what to mend. Pure. */
import { dependencyCycles } from '../../../reconciler/repositories/dependency-cycles.ts'
import type {
  FollowedRepositories,
  FollowedRepository,
} from '../../../reconciler/repositories/mesh-repository-watch.ts'
import type { RepositorySpec } from '../../../reconciler/repositories/repository-spec.ts'
import type { RefusedReason } from '../../../reconciler/repositories/repository-state.ts'
import { scopeConflicts } from '../../../reconciler/repositories/scope-conflicts.ts'
import type { RepositoryRequest } from './repository-context.ts'

interface Refusal {
  readonly reason: RefusedReason
  readonly errors: readonly string[]
}

export interface RequestContext {
  /** Whether the cluster has service accounts in whose name objects can be written. */
  readonly hasAccounts: boolean
  /** A repository as it is followed: one whose MeshRepository became wrong keeps its namespaces. */
  readonly running: (name: string) => RepositorySpec | undefined
}

export function repositoryRequests(
  all: FollowedRepositories,
  { hasAccounts, running }: RequestContext,
): ReadonlyMap<string, RepositoryRequest> {
  const valid = [...all].flatMap(([name, { spec, createdAt }]) => {
    const followed = spec.ok ? spec.value : running(name)
    return followed === undefined ? [] : [{ ...followed, createdAt }]
  })
  const scopes = scopeConflicts(valid)
  const cycles = dependencyCycles(valid)
  const refusal = (name: string, { spec }: FollowedRepository): Refusal | undefined => {
    if (!spec.ok) return { reason: 'InvalidSpec', errors: spec.error }
    const account = hasAccounts ? undefined : withoutAccounts(spec.value)
    if (account !== undefined) return { reason: 'InvalidSpec', errors: [account] }
    const overlap = scopes.get(name)
    if (overlap !== undefined) return { reason: 'ScopeOverlap', errors: overlap }
    const cycle = cycles.get(name)
    return cycle === undefined ? undefined : { reason: 'DependencyCycle', errors: [cycle] }
  }
  return new Map(
    [...all].map(([name, followed]) => [name, toRequest(name, followed, refusal(name, followed))]),
  )
}

function toRequest(
  name: string,
  { spec, generation, requestedAt }: FollowedRepository,
  refusal: Refusal | undefined,
): RepositoryRequest {
  if (spec.ok && refusal === undefined)
    return { type: 'asked', asked: { spec: spec.value, generation, requestedAt } }
  const { reason, errors } = refusal ?? { reason: 'InvalidSpec', errors: [] }
  return { type: 'refused', refused: { name, generation, reason, errors } }
}

function withoutAccounts({ serviceAccount }: RepositorySpec): string | undefined {
  return serviceAccount === undefined
    ? undefined
    : `spec.serviceAccountName is ${serviceAccount}, and the embedded cluster writes in nobody's name; leave it out`
}
