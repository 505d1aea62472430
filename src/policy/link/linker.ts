/** Sees every document among the others: references, conflicts and what nobody refers to. */
import type { ObjectKey } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { Linked } from '../kinds/kind-definition.ts'
import { judgeOwnNamespace } from '../kinds/link-namespaces.ts'
import type { Fragment, UsableFragment } from './fragment.ts'
import { ObjectIndex } from './object-index.ts'
import { type LookupRecord, RecordingScope, stillHolds } from './recording-scope.ts'

interface LinkedFragment {
  readonly linked: Linked
  readonly record: LookupRecord
}

export interface LinkedCommit {
  readonly problems: readonly Problem[]
  /** Usable fragments in the order of the documents, each with its part of the Intent. */
  readonly linked: ReadonlyMap<UsableFragment, Linked>
}

/** Lives from commit to commit: a link whose inputs are the same objects as before is not made again. */
export class Linker {
  readonly #known = new WeakMap<UsableFragment, LinkedFragment>()

  link(fragments: readonly Fragment[]): LinkedCommit {
    const index = new ObjectIndex(fragments)
    const problems: Problem[] = [...index.problems]
    const linked = new Map<UsableFragment, Linked>()
    const referredTo = new Set<ObjectKey>()
    for (const fragment of index.usable()) {
      const one = this.#linkOne(fragment, index)
      linked.set(fragment, one.linked)
      for (const problem of one.linked.problems) problems.push(problem)
      for (const key of one.record.objects.keys()) referredTo.add(key)
    }
    for (const fragment of linked.keys())
      if (fragment.definition.onlyReferredTo && !referredTo.has(fragment.key))
        problems.push(unused(fragment))
    return { problems, linked }
  }

  #linkOne(fragment: UsableFragment, index: ObjectIndex): LinkedFragment {
    const known = this.#known.get(fragment)
    if (known !== undefined && stillHolds(known.record, index)) return known
    const scope = new RecordingScope(index)
    const { definition, part, declaration } = fragment
    const own = definition.link(part, declaration, scope)
    const linked: Linked = definition.actsOnNamespace
      ? { ...own, problems: [...own.problems, ...judgeOwnNamespace(declaration, scope)] }
      : own
    const result = { linked, record: scope }
    this.#known.set(fragment, result)
    return result
  }
}

function unused({ declaration }: UsableFragment): Problem {
  const { kind, name } = declaration.id
  return declaration.place.problem(['metadata', 'name'], {
    code: 'PLB0610',
    message: `no rule of this commit refers to ${kind} ${name}`,
    fix: 'remove it, or name it in a rule',
  })
}
