/** A view of the other objects that records what it was asked, so that an answer can be reused while its inputs stand. */
import { type ObjectKey, toObjectKey } from '../../model/object-id.ts'
import type { Declaration, Found, KindDefinition, LinkScope } from '../kinds/kind-definition.ts'
import type { ObjectIndex } from './object-index.ts'

/** Questions asked, and what the answers rested on. */
export interface LookupRecord {
  /** Fragments by key; `undefined` for names that nothing has. */
  readonly objects: ReadonlyMap<ObjectKey, unknown>
  readonly claims: ReadonlyMap<string, unknown>
  /** Whether a hint was wanted, which rests on every name there is. */
  readonly askedForHint: boolean
}

export class RecordingScope implements LinkScope, LookupRecord {
  readonly objects = new Map<ObjectKey, unknown>()
  readonly claims = new Map<string, unknown>()
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
    this.objects.set(key, fragment)
    if (fragment === undefined)
      return { type: 'missing', nearest: () => this.#hint(key, name.name) }
    if (fragment.type === 'unusable') return { type: 'unusable' }
    // The key names the definition's group and kind, and a fragment's part is what its own definition read.
    const declaration = fragment.declaration as Declaration<Body>
    return { type: 'found', declaration, part: fragment.part as Part }
  }

  claimant(slot: string): Declaration | undefined {
    const fragment = this.#index.claimant(slot)
    this.claims.set(slot, fragment)
    return fragment?.declaration
  }

  #hint(key: ObjectKey, name: string): string | undefined {
    this.askedForHint = true
    return this.#index.nearestName(key.slice(0, key.length - name.length), name)
  }
}

/** Whether the same questions would be answered the same. */
export function stillHolds(record: LookupRecord, index: ObjectIndex): boolean {
  if (record.askedForHint) return false
  for (const [key, fragment] of record.objects) if (index.get(key) !== fragment) return false
  for (const [slot, fragment] of record.claims) if (index.claimant(slot) !== fragment) return false
  return true
}
