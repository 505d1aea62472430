/** Why a repository's pass has to wait for other repositories. Pure. */
import type { RepositorySpec } from './repository-spec.ts'
import type { RepositoryState } from './repository-state.ts'
import { cutText, shortSha } from './status-text.ts'
import { targetOf } from './target-commit.ts'

const LONGEST_REASON = 200

/**
 * `undefined` when it need not: each dependency has applied the newest commit it read, and its last pass went well. That
 * proxies have ACKed it is not waited for. `stateOf` answers `undefined` for a repository that does not exist.
 */
export function dependencyWait(
  { dependsOn }: Pick<RepositorySpec, 'dependsOn'>,
  stateOf: (name: string) => RepositoryState | undefined,
): string | undefined {
  for (const name of dependsOn) {
    const why = notApplied(stateOf(name))
    if (why !== undefined) return `it depends on the MeshRepository ${name}, ${why}`
  }
  return undefined
}

function notApplied(state: RepositoryState | undefined): string | undefined {
  if (state === undefined)
    return 'which does not exist; create it, or take it out of spec.dependsOn'
  if (state.spec.type === 'refused')
    return `which is refused (${state.spec.reason}): ${cutText(state.spec.errors[0] ?? '', LONGEST_REASON)}`
  if (state.spec.spec.suspend)
    return state.served === undefined
      ? 'which is suspended and has never applied a commit; resume it'
      : undefined
  const { outcome, commit } = targetOf(state)
  const name = commit === undefined ? 'its first commit' : shortSha(commit)
  switch (outcome?.type) {
    case undefined:
      return `which is about to apply ${name}`
    case 'synced':
      return undefined
    case 'waiting':
      return `which waits itself: ${cutText(outcome.reason, LONGEST_REASON)}`
    case 'stalled':
      return `whose commit ${name} has problems; correct it there`
    case 'failed':
      return `whose last pass failed: ${cutText(outcome.error.message, LONGEST_REASON)}`
  }
}
