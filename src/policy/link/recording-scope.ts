/** A view of the other objects that records what it was asked, so that an answer can be reused while its inputs stand. */
import { type ObjectKey, toObjectKey } from '../../model/object-id.ts'
import type { Declaration, Found, KindDefinition, LinkScope } from '../kinds/kind-definition.ts'
import type { IndexChanges, ObjectIndex } from './object-index.ts'

/** What was asked. */
export interface LookupRecord {
  readonly keys: readonly ObjectKey[]
  readonly slots: readonly string[]
  /** Whether a hint was wanted, which rests on every name there is. */
  readonly askedForHint: boolean
}

export class RecordingScope implements LinkScope, LookupRecord {
  readonly keys: ObjectKey[] = []
  readonly slots: string[] = []
  askedForHint = false
  readonly #index: ObjectIndex

  constructor(index: ObjectIndex) {
    this.#index = index
  }

  find<Body, Part>(
    definition: KindDefinition<Body, Part>,
    name: { readonly namespace: string; readonly name: string },
  ): Found<Body, Part> {
    const { group, kind } = definition
    const key = toObjectKey({ group, kind, namespace: name.namespace, name: name.name })
    const fragment = this.#index.get(key)
    this.keys.push(key)
    if (fragment === undefined)
      return { type: 'missing', nearest: () => this.#hint(key, name.name) }
    if (fragment.type === 'unusable') return { type: 'unusable', written: fragment.document.value }
    // The key names the definition's group and kind, and a fragment's part is what its own definition read.
    const declaration = fragment.declaration as Declaration<Body>
    return { type: 'found', declaration, part: fragment.part as Part }
  }

  claimant(slot: string): Declaration | undefined {
    this.slots.push(slot)
    return this.#index.claimant(slot)?.declaration
  }

  #hint(key: ObjectKey, name: string): string | undefined {
    this.askedForHint = true
    return this.#index.nearestName(key.slice(0, key.length - name.length), name)
  }
}

/** Whether the same questions would be answered the same after the changes. */
export function stillHolds(record: LookupRecord, { keys, slots }: IndexChanges): boolean {
  if (record.askedForHint) return false
  if (keys.size > 0 && record.keys.some((key) => keys.has(key))) return false
  return slots.size === 0 || !record.slots.some((slot) => slots.has(slot))
}
