/** The cluster's inventory while it changes: told of objects one by one, asked for a snapshot once a batch. */
import type {
  ClusterInventory,
  InventoryPod,
  InventoryService,
} from '../../model/cluster-inventory.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ServiceKey, toServiceKey } from '../../model/service-name.ts'
import { EndpointTable } from './endpoint-table.ts'
import { readEndpointSlice } from './read-endpoint-slice.ts'
import { readPod } from './read-pod.ts'
import { readService } from './read-service.ts'
import { SharedMap } from './shared-map.ts'

export const INVENTORY_KINDS = ['Namespace', 'Service', 'EndpointSlice', 'Pod'] as const
export type InventoryKind = (typeof INVENTORY_KINDS)[number]

interface Identity {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

export class InventoryTables {
  readonly #namespaces = new SharedMap<string, true>()
  readonly #services = new SharedMap<ServiceKey, InventoryService>()
  readonly #pods = new SharedMap<string, InventoryPod>()
  readonly #endpoints = new EndpointTable()
  /** What was put of each kind, by name, so that a new list can take the others out. */
  readonly #known: Readonly<Record<InventoryKind, Map<string, Identity>>> = {
    Namespace: new Map(),
    Service: new Map(),
    EndpointSlice: new Map(),
    Pod: new Map(),
  }
  #last: ClusterInventory | undefined
  #lastNamespaces: { readonly map: ReadonlyMap<string, true>; readonly set: ReadonlySet<string> }

  constructor() {
    this.#lastNamespaces = { map: new Map(), set: new Set() }
  }

  /** These and no others are there. */
  replace(kind: InventoryKind, objects: readonly KubernetesObject[]): void {
    const names = new Set(objects.map((object) => nameOf(toIdentity(object))))
    for (const [name, identity] of this.#known[kind])
      if (!names.has(name)) this.#forget(kind, identity)
    for (const object of objects) this.put(kind, object)
  }

  put(kind: InventoryKind, object: KubernetesObject): void {
    const identity = toIdentity(object)
    const before = this.#known[kind].get(nameOf(identity))
    // A successor of the same name, whose predecessor's end was in a gap.
    if (before !== undefined && before.uid !== identity.uid) this.#set(kind, before, undefined)
    this.#known[kind].set(nameOf(identity), identity)
    this.#set(kind, identity, object)
  }

  remove(kind: InventoryKind, object: KubernetesObject): void {
    this.#forget(kind, toIdentity(object))
  }

  /** The same object as before when nothing changed, and within it the same maps. */
  snapshot(): ClusterInventory {
    const next: ClusterInventory = {
      namespaces: this.#namespaceSet(),
      services: this.#services.snapshot(),
      pods: this.#pods.snapshot(),
      endpoints: this.#endpoints.snapshot(),
    }
    const last = this.#last
    const isSame =
      last?.namespaces === next.namespaces &&
      last.services === next.services &&
      last.pods === next.pods &&
      last.endpoints === next.endpoints
    if (!isSame || last === undefined) this.#last = next
    return this.#last ?? next
  }

  #forget(kind: InventoryKind, identity: Identity): void {
    this.#known[kind].delete(nameOf(identity))
    this.#set(kind, identity, undefined)
  }

  #set(kind: InventoryKind, identity: Identity, object: KubernetesObject | undefined): void {
    const { name, namespace, uid } = identity
    switch (kind) {
      case 'Namespace':
        this.#namespaces.set(name, object && true)
        break
      case 'Service':
        this.#services.set(toServiceKey({ namespace, name }), object && readService(object))
        break
      case 'EndpointSlice':
        this.#endpoints.set(nameOf(identity), object && readEndpointSlice(object))
        break
      case 'Pod':
        this.#pods.set(uid, object && readPod(object))
    }
  }

  #namespaceSet(): ReadonlySet<string> {
    const map = this.#namespaces.snapshot()
    if (map !== this.#lastNamespaces.map) this.#lastNamespaces = { map, set: new Set(map.keys()) }
    return this.#lastNamespaces.set
  }
}

function toIdentity({ metadata }: KubernetesObject): Identity {
  return { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' }
}

function nameOf({ namespace, name }: Identity): string {
  return `${namespace}/${name}`
}
