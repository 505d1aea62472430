/** What the plan is decided from: each object as the commit wants it and as the cluster answers for it. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ObjectId } from '../../model/object-id.ts'
import type { ClusterErrorCode } from '../cluster.ts'
import type { InventoryEntry } from '../inventory/inventory.ts'

export interface Wanted {
  readonly id: ObjectId
  /** The object with the owner mark, as it would be applied. */
  readonly marked: KubernetesObject
  /** Content hash of `marked`. */
  readonly hash: string
}

/** What the cluster says of one object that it was asked about. */
export type Verdict =
  | (Wanted & { readonly type: 'absent' })
  | (Wanted & {
      readonly type: 'present'
      readonly live: KubernetesObject
      /** The object as the apply would leave it. */
      readonly result: KubernetesObject
    })
  | (Wanted & {
      readonly type: 'refused'
      readonly live: KubernetesObject | undefined
      readonly code: ClusterErrorCode
      readonly message: string
    })

export type Observation =
  | Verdict
  /** As we last applied it, and nobody has touched it since: the cluster was not asked. */
  | { readonly type: 'settled'; readonly entry: InventoryEntry }
  /** It is not there, one of very many, and the cluster accepts another of them that is just like it. */
  | (Wanted & { readonly type: 'alike'; readonly judged: ObjectId })
  /** Its namespace is not there, so nothing can be asked. */
  | (Wanted & { readonly type: 'homeless'; readonly namespace: string })

/** An object of ours that the commit no longer has, as it is now. */
export interface Leaving {
  readonly id: ObjectId
  /** Of the object that we wrote; `undefined` where that is not known. */
  readonly uid: string | undefined
  readonly live: KubernetesObject | undefined
}

export interface Observations {
  readonly wanted: readonly Observation[]
  readonly leaving: readonly Leaving[]
}
