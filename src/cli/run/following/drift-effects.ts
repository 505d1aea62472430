/** What edits in the cluster would have meant, had each been the commit that is served. */
import { type EditEffect, editEffect } from '../../../policy/access/edit-effect.ts'
import type { MatchCompiler } from '../../../policy/access/match-compiler.ts'
import type { Intent } from '../../../policy/intent.ts'
import type { MeshIntent } from '../../../policy/mesh-intent.ts'
import type { EffectOf } from '../../../reconciler/drift/drift-teller.ts'
import { printEditEffect } from '../../../review/drift/print-edit-effect.ts'
import type { RepositoryReconciler } from './make-reconciler.ts'

export function driftEffects(
  { reconciler, compiler: policies }: RepositoryReconciler,
  matches: MatchCompiler,
  /** The mesh with this Intent in the repository's place. */
  whole: (intent: Intent) => MeshIntent,
): EffectOf {
  return (edit) => {
    const served = reconciler.intent
    const effect: EditEffect =
      served?.commit === edit.commit
        ? editEffect({ served, edit, policies, matches, whole })
        : { type: 'unknown', reason: 'another commit is served by now' }
    return printEditEffect(effect)
  }
}
