/** Objects of a kind have the same fields by the thousand, and so the same claims on them in `managedFields`: one copy is kept. */
import type { KubernetesObject, ManagedFieldsEntry } from '../../model/kubernetes-object.ts'

/** Far more than there are shapes of objects; beyond it sharing begins anew, which costs memory and nothing else. */
const MAX_KNOWN = 1_000

export class SharedClaims {
  readonly #known = new Map<string, ManagedFieldsEntry['fieldsV1']>()

  /** The same object, its claims shared with other objects. */
  share(object: KubernetesObject): KubernetesObject {
    const { managedFields } = object.metadata
    if (managedFields === undefined) return object
    const shared = managedFields.map((entry) => this.#shareEntry(entry))
    return { ...object, metadata: { ...object.metadata, managedFields: shared } }
  }

  #shareEntry(entry: ManagedFieldsEntry): ManagedFieldsEntry {
    const key = JSON.stringify(entry.fieldsV1)
    // The API server may leave them out.
    if (key === undefined) return entry
    const known = this.#known.get(key)
    if (known !== undefined) return { ...entry, fieldsV1: known }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(key, entry.fieldsV1)
    return entry
  }
}
