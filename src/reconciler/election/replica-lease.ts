/** The Lease by which a replica says that it is there, and in an annotation what its proxies say. */
import type { Instant, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type LeaseRecord, readLease, toLease, toMicroTime } from './lease.ts'

export const REPLICA_LABELS: Readonly<Record<string, string>> = { 'plumbline.dev/replica': 'true' }
const REPORT_ANNOTATION = 'plumbline.dev/enforcement'

/** A replica that has changed nothing for this long, by the clock of whoever looks, is not there any more. */
export const REPLICA_LASTS_MS: Ms = 30_000

export interface ReplicaLease {
  readonly namespace: string
  readonly identity: string
  readonly text: string
  /** When the replica started; for people. */
  readonly startedAt: Instant
  readonly now: Instant
}

export function toReplicaLease(
  { namespace, identity, text, startedAt, now }: ReplicaLease,
  stored: KubernetesObject | undefined,
): KubernetesObject {
  const resourceVersion = stored?.metadata.resourceVersion
  const metadata = {
    ...{ namespace, name: replicaLeaseName(identity), labels: REPLICA_LABELS },
    annotations: { [REPORT_ANNOTATION]: text },
    ...(resourceVersion !== undefined && { resourceVersion }),
  }
  const record: LeaseRecord = {
    ...{ holder: identity, lastsMs: REPLICA_LASTS_MS, transitions: 0 },
    ...{ acquireTime: toMicroTime(startedAt), renewTime: toMicroTime(now) },
  }
  return toLease(metadata, record)
}

export function replicaLeaseName(identity: string): string {
  return `plumbline-replica-${identity}`
}

export function readReplicaLease(lease: KubernetesObject): {
  readonly identity: string
  readonly text: string | undefined
} {
  return {
    identity: readLease(lease).holder ?? lease.metadata.name,
    text: lease.metadata.annotations?.[REPORT_ANNOTATION],
  }
}
