/**
 * The desired objects of a commit, as members of their repository's ApplySet. A declaration that is the same as in the commit
 * before gives the same object again, so that what is known of the object, as its hash, need not be worked out again.
 */
import { toObjectKey } from '../model/object-id.ts'
import type { DeclaredObject, Intent } from '../policy/intent.ts'
import type { DesiredObject } from '../render/kubernetes/desired-object.ts'
import { toDesiredObjects } from '../render/kubernetes/to-desired-objects.ts'
import { type ApplySet, asMember } from './inventory/apply-set.ts'

export class DesiredCache {
  readonly #set: ApplySet
  readonly #known = new WeakMap<DeclaredObject, DesiredObject>()

  constructor(set: ApplySet) {
    this.#set = set
  }

  /** In the order of the Intent. */
  of(intent: Intent): readonly DesiredObject[] {
    const unknown = intent.objects.filter((declared) => !this.#known.has(declared))
    const byKey = new Map(unknown.map((declared) => [toObjectKey(declared.id), declared]))
    for (const desired of toDesiredObjects({ ...intent, objects: unknown })) {
      const declared = byKey.get(toObjectKey(desired.id))
      const object = asMember(desired.object, this.#set)
      if (declared !== undefined) this.#known.set(declared, { ...desired, object })
    }
    return intent.objects.flatMap((declared) => this.#known.get(declared) ?? [])
  }
}
