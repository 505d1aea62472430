/** The objects of a commit by key and by claim: what references are resolved against. */
import { nearestName } from '../../model/nearest-name.ts'
import { type ObjectKey, printObjectId } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import { problemAt } from '../problem-at.ts'
import type { Fragment, UsableFragment } from './fragment.ts'

type NamedFragment = Exclude<Fragment, { readonly type: 'unnamed' }>

export interface IndexChanges {
  readonly keys: ReadonlySet<ObjectKey>
  readonly slots: ReadonlySet<string>
}

export class ObjectIndex {
  /** D29, and claims that two objects make. */
  readonly problems: readonly Problem[]
  readonly #byKey = new Map<ObjectKey, NamedFragment>()
  readonly #bySlot = new Map<string, UsableFragment[]>()
  /** Names by group, kind and namespace; made when the first hint is wanted. */
  #names: Map<string, string[]> | undefined

  /** In the order of the documents: the first of two duplicates is the one that counts. */
  constructor(fragments: readonly Fragment[]) {
    const problems: Problem[] = []
    for (const fragment of fragments) {
      if (fragment.type === 'unnamed') continue
      const first = this.#byKey.get(fragment.key)
      if (first !== undefined) {
        problems.push(duplicate(fragment, first))
        continue
      }
      this.#byKey.set(fragment.key, fragment)
      if (fragment.type === 'usable') problems.push(...this.#claim(fragment))
    }
    this.problems = problems
  }

  get(key: ObjectKey): NamedFragment | undefined {
    return this.#byKey.get(key)
  }

  claimant(slot: string): UsableFragment | undefined {
    return this.#bySlot.get(slot)?.[0]
  }

  /** In the order of the documents. */
  keys(): Iterable<ObjectKey> {
    return this.#byKey.keys()
  }

  /** Whether the key and the slot mean what they meant in another index: what a link that rests on others depends on. */
  changesFrom(previous: ObjectIndex): IndexChanges {
    return {
      keys: changedKeys(this.#byKey, previous.#byKey, (one, other) => one === other),
      slots: changedKeys(this.#bySlot, previous.#bySlot, (one, other) => one[0] === other[0]),
    }
  }

  /** The closest name among the objects of one kind and namespace. `folder` is a key up to and with its last slash. */
  nearestName(folder: string, name: string): string | undefined {
    this.#names ??= this.#collectNames()
    return nearestName(name, this.#names.get(folder) ?? [])
  }

  #collectNames(): Map<string, string[]> {
    const names = new Map<string, string[]>()
    for (const { key, id } of this.#byKey.values()) {
      const folder = key.slice(0, key.length - id.name.length)
      const known = names.get(folder)
      if (known === undefined) names.set(folder, [id.name])
      else known.push(id.name)
    }
    return names
  }

  #claim(fragment: UsableFragment): readonly Problem[] {
    return fragment.claims.flatMap(({ slot, only }) => {
      const claimants = this.#bySlot.get(slot)
      const [first] = claimants ?? []
      if (claimants === undefined) this.#bySlot.set(slot, [fragment])
      else if (only !== undefined) claimants.push(fragment)
      if (first === undefined || only === undefined) return []
      if ((claimants?.length ?? 0) <= only.count) return []
      const related = [nameOf(first)]
      const text = { ...only.problem(first.declaration), related }
      return [fragment.declaration.place.problem(only.path, text)]
    })
  }
}

function nameOf({ document }: NamedFragment): SourceLocation {
  return document.locate(['metadata', 'name'])
}

/** Keys whose value differs, or that only one of the maps has. */
function changedKeys<Key, Value>(
  now: ReadonlyMap<Key, Value>,
  before: ReadonlyMap<Key, Value>,
  same: (one: Value, other: Value) => boolean,
): ReadonlySet<Key> {
  const changed = new Set<Key>()
  for (const [key, value] of now) {
    const known = before.get(key)
    if (known === undefined || !same(value, known)) changed.add(key)
  }
  for (const key of before.keys()) if (!now.has(key)) changed.add(key)
  return changed
}

function duplicate(second: NamedFragment, first: NamedFragment): Problem {
  const at = nameOf(first)
  return problemAt(second.document, ['metadata', 'name'], {
    code: 'PLB0330',
    message: `${printObjectId(second.id)} is already declared at ${at.file}:${at.line}`,
    fix: 'remove one of the two, or give it another name',
    related: [at],
  })
}
