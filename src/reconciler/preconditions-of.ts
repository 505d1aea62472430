/** What must still hold of an object when a write that was judged against it lands. */
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { NOT_STORED } from './cluster.ts'

/** Exactly this object at exactly this version; for `undefined`, that there is none. */
export interface WritePreconditions {
  readonly uid?: string
  readonly resourceVersion: string
}

export function preconditionsOf(live: KubernetesObject | undefined): WritePreconditions {
  if (live === undefined) return { resourceVersion: NOT_STORED }
  const { uid, resourceVersion = '' } = live.metadata
  return uid === undefined ? { resourceVersion } : { uid, resourceVersion }
}
