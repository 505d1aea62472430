/** Sees every document among the others: references, conflicts and what nobody refers to. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { ObjectKey } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { Linked } from '../kinds/kind-definition.ts'
import { judgeOwnNamespace } from '../kinds/link-namespaces.ts'
import type { Fragment, UsableFragment } from './fragment.ts'
import { type IndexChanges, ObjectIndex } from './object-index.ts'
import { type LookupRecord, RecordingScope, stillHolds } from './recording-scope.ts'

export interface LinkedFragment {
  readonly fragment: UsableFragment
  readonly linked: Linked
  readonly record: LookupRecord
}

export interface LinkedCommit {
  readonly problems: readonly Problem[]
  /** In the order of the objects' keys, so that nothing depends on how the files are laid out. */
  readonly fragments: readonly LinkedFragment[]
}

/**
 * Lives from commit to commit: a link whose inputs are the same objects as in the commit before is not made again.
 * What rests on nothing that changed costs a few set lookups.
 */
export class Linker {
  #index = new ObjectIndex([])
  #sortedKeys: readonly ObjectKey[] = []
  #known: ReadonlyMap<UsableFragment, LinkedFragment> = new Map()

  link(fragments: readonly Fragment[]): LinkedCommit {
    const { index, sortedKeys, linked } = this.#resolve(fragments)
    this.#index = index
    this.#sortedKeys = sortedKeys
    this.#known = new Map(linked.map((one) => [one.fragment, one]))
    const problems: Problem[] = [...index.problems]
    // A document with errors may be the one that refers to it.
    if (fragments.every(({ type }) => type === 'usable')) problems.push(...unusedObjects(linked))
    for (const { linked: own } of linked) problems.push(...own.problems)
    return { problems, fragments: linked }
  }

  /** What linking them would come to, but for what nobody refers to. Remembers nothing: the next commit is not measured against it. */
  tryLink(fragments: readonly Fragment[]): LinkedCommit {
    const { index, linked } = this.#resolve(fragments)
    const problems = [...index.problems, ...linked.flatMap(({ linked: own }) => own.problems)]
    return { problems, fragments: linked }
  }

  #resolve(fragments: readonly Fragment[]) {
    const index = new ObjectIndex(fragments)
    const changes = index.changesFrom(this.#index)
    const sortedKeys = this.#sortKeys(index)
    return { index, sortedKeys, linked: this.#linkAll(sortedKeys, index, changes) }
  }

  /** Starts from the order of the commit before: sorting what is nearly sorted is linear. */
  #sortKeys(index: ObjectIndex): readonly ObjectKey[] {
    const before = new Set(this.#sortedKeys)
    const kept = this.#sortedKeys.filter((key) => index.get(key) !== undefined)
    for (const key of index.keys()) if (!before.has(key)) kept.push(key)
    return kept.sort(byCodeUnit)
  }

  #linkAll(
    sortedKeys: readonly ObjectKey[],
    index: ObjectIndex,
    changes: IndexChanges,
  ): readonly LinkedFragment[] {
    const linked: LinkedFragment[] = []
    for (const key of sortedKeys) {
      const fragment = index.get(key)
      if (fragment?.type !== 'usable') continue
      const known = this.#known.get(fragment)
      const holds = known !== undefined && stillHolds(known.record, changes)
      linked.push(holds ? known : linkOne(fragment, index))
    }
    return linked
  }
}

function linkOne(fragment: UsableFragment, index: ObjectIndex): LinkedFragment {
  const scope = new RecordingScope(index)
  const { definition, part, declaration } = fragment
  const own = definition.link(part, declaration, scope)
  const linked: Linked = definition.actsOnNamespace
    ? { ...own, problems: [...own.problems, ...judgeOwnNamespace(declaration, scope)] }
    : own
  return { fragment, linked, record: scope }
}

function unusedObjects(linked: readonly LinkedFragment[]): readonly Problem[] {
  const waiting = new Map<ObjectKey, UsableFragment>()
  for (const { fragment } of linked)
    if (fragment.definition.onlyReferredTo) waiting.set(fragment.key, fragment)
  for (const { record } of linked) for (const key of record.keys) waiting.delete(key)
  return Array.from(waiting.values(), unused)
}

function unused({ declaration }: UsableFragment): Problem {
  const { kind, name } = declaration.id
  return declaration.place.problem(['metadata', 'name'], {
    code: 'PLB0610',
    message: `no rule of this commit refers to ${kind} ${name}`,
    fix: 'remove it, or name it in a rule',
  })
}
