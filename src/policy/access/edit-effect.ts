/** What a change made in the cluster would have meant, had it been the commit. It means nothing to a proxy: those follow the commit. */
import type { Problem } from '../../model/problem.ts'
import { toAccountKey } from '../../model/service-account.ts'
import type { Intent } from '../intent.ts'
import type { MeshIntent } from '../mesh-intent.ts'
import type { ObjectEdit, PolicyCompiler } from '../policy-compiler.ts'
import { type AccessChange, accessDiff } from './access-diff.ts'
import { buildAccessRelation } from './access-relation.ts'
import type { MatchCompiler } from './match-compiler.ts'
import { type TrafficChange, trafficDiff } from './traffic-diff.ts'

export type EditEffect =
  /** Who may call what, and where traffic goes, would have stayed the same. */
  | { readonly type: 'none' }
  | {
      readonly type: 'changed'
      readonly access: readonly AccessChange[]
      readonly traffic: readonly TrafficChange[]
    }
  /** No commit could say so: the edit is not valid, or objects that refer to this one no longer are. */
  | { readonly type: 'refused'; readonly first: Problem; readonly errors: number }
  | { readonly type: 'unknown'; readonly reason: string }

export interface EditEffectRequest {
  /** The commit that is served. */
  readonly served: Intent
  readonly edit: ObjectEdit
  /** The one that made `served`. */
  readonly policies: Pick<PolicyCompiler, 'compileEdited'>
  readonly matches: MatchCompiler
  /** Where several repositories make one mesh: the Intent as a part of it. */
  readonly whole?: (intent: Intent) => MeshIntent
}

/** Pure. Costs what a commit of one document does. */
export function editEffect(request: EditEffectRequest): EditEffect {
  const { served, edit, policies, matches, whole = (intent) => intent } = request
  const edited = policies.compileEdited(served, edit)
  if (edited === undefined)
    return { type: 'unknown', reason: 'the object is not of the commit that is served' }
  if (edited.type === 'invalid') {
    const [first] = edited.problems
    return first === undefined
      ? { type: 'none' }
      : { type: 'refused', first, errors: edited.problems.length }
  }
  const [before, after] = [whole(served), whole(edited.intent)]
  const [had, has] = comparable(before, after).map(buildAccessRelation)
  const access = had === undefined || has === undefined ? [] : accessDiff(had, has, matches)
  const traffic = trafficDiff(before, after)
  return access.length + traffic.length === 0
    ? { type: 'none' }
    : { type: 'changed', access, traffic }
}

/**
 * The two with no more grants than the edit can have made a difference to: those to the accounts whose grants it touched. Who is
 * in the mesh decides about all of them; whether a namespace is open is a change of its own.
 */
function comparable(before: MeshIntent, after: MeshIntent): readonly MeshIntent[] {
  if (differingKeys(before.namespaces, after.namespaces).length > 0) return [before, after]
  const touched = new Set(
    differingKeys(before.grants, after.grants)
      .flatMap((key) => [before.grants.get(key) ?? [], after.grants.get(key) ?? []].flat())
      .map(({ destination }) => toAccountKey(destination)),
  )
  return [before, after].map((mesh) => {
    const grants = [...mesh.grants].filter(([, { destination }]) =>
      touched.has(toAccountKey(destination)),
    )
    return { ...mesh, grants: new Map(grants) }
  })
}

function differingKeys<Key>(
  one: ReadonlyMap<Key, unknown>,
  other: ReadonlyMap<Key, unknown>,
): readonly Key[] {
  const keys = new Set([...one.keys(), ...other.keys()])
  return [...keys].filter((key) => one.get(key) !== other.get(key))
}
