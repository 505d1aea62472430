/** Which MeshRepositories want namespaces that another has: of two, the younger one is refused. Pure. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { Instant } from '../../model/clock.ts'
import type { RepositorySpec } from './repository-spec.ts'

export interface ScopeClaim extends Pick<RepositorySpec, 'name' | 'namespaces'> {
  /** When its MeshRepository was created. */
  readonly createdAt: Instant
}

const NAMED = 5

/**
 * By name of those that are refused (`ScopeOverlap`): what each has to mend. Nobody is refused for the sake of one that is
 * refused itself, and the order of creation decides, so a new MeshRepository never takes anything from one that runs.
 */
export function scopeConflicts(
  claims: readonly ScopeClaim[],
): ReadonlyMap<string, readonly string[]> {
  const conflicts = new Map<string, readonly string[]>()
  const accepted: ScopeClaim[] = []
  for (const claim of claims.toSorted(byAge)) {
    const errors = accepted.flatMap((older) => conflictWith(older, claim) ?? [])
    if (errors.length === 0) accepted.push(claim)
    else conflicts.set(claim.name, errors)
  }
  return conflicts
}

/** The names decide between those of one second, so that every replica decides alike. */
function byAge(a: ScopeClaim, b: ScopeClaim): number {
  return a.createdAt - b.createdAt || byCodeUnit(a.name, b.name)
}

function conflictWith(older: ScopeClaim, younger: ScopeClaim): string | undefined {
  const other = `the MeshRepository ${older.name}, which is older`
  if (younger.namespaces === undefined)
    return `spec.namespaces is missing, which means all of them, and ${other}, has ${older.namespaces === undefined ? 'all' : list(older.namespaces)}; name the namespaces of each`
  if (older.namespaces === undefined)
    return `spec.namespaces has ${list(younger.namespaces)}, and ${other}, has all, as its spec.namespaces is missing; name them there`
  const taken = new Set(older.namespaces)
  const shared = younger.namespaces.filter((namespace) => taken.has(namespace))
  return shared.length === 0
    ? undefined
    : `spec.namespaces has ${list(shared)}, and so has ${other}; take them out of one of the two`
}

function list(names: readonly string[]): string {
  const more = names.length - NAMED
  return `${names.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
