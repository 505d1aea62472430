/** What a change made in the cluster would have meant, had it been the commit. It means nothing to a proxy: those follow the commit. */
import type { Problem } from '../../model/problem.ts'
import type { Intent } from '../intent.ts'
import type { MeshIntent } from '../mesh-intent.ts'
import type { ObjectEdit, PolicyCompiler } from '../policy-compiler.ts'
import { type AccessChange, accessDiff } from './access-diff.ts'
import { type AccessRelation, buildAccessRelation } from './access-relation.ts'
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
  const access = accessDiff(relationOf(before), buildAccessRelation(after), matches)
  const traffic = trafficDiff(before, after)
  return access.length + traffic.length === 0
    ? { type: 'none' }
    : { type: 'changed', access, traffic }
}

const relations = new WeakMap<MeshIntent, AccessRelation>()

/** Edits come in bursts, and all are measured against the same commit. */
function relationOf(intent: MeshIntent): AccessRelation {
  const known = relations.get(intent) ?? buildAccessRelation(intent)
  relations.set(intent, known)
  return known
}
