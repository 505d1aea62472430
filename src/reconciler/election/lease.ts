/** The Lease (coordination.k8s.io/v1), read and written: spans and names are used, moments in it are for people. */
import type { Instant, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ObjectKind, toApiVersion } from '../../model/object-id.ts'

export const LEASE: ObjectKind = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' }

export interface LeaseRecord {
  /** `undefined` once it was released. */
  readonly holder: string | undefined
  /** How long others have to wait for a change. */
  readonly lastsMs: Ms
  /** When the holder began, by its wall clock: compared for being the same, never for being earlier. */
  readonly acquireTime: string | undefined
  readonly renewTime: string | undefined
  /** How often the holder changed. */
  readonly transitions: number
}

export interface LeaseMetadata {
  readonly namespace: string
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** What the write expects to be stored. */
  readonly resourceVersion?: string
}

/** Members that are missing or of another type are read as nothing: anybody may have written the Lease. */
export function readLease(lease: KubernetesObject): LeaseRecord {
  const spec = (lease['spec'] ?? {}) as Readonly<Record<string, unknown>>
  const seconds = spec['leaseDurationSeconds']
  const transitions = spec['leaseTransitions']
  return {
    // A holder that releases leaves its name empty, or out.
    holder: text(spec['holderIdentity']) || undefined,
    lastsMs: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 0,
    acquireTime: text(spec['acquireTime']),
    renewTime: text(spec['renewTime']),
    transitions: typeof transitions === 'number' ? transitions : 0,
  }
}

export function toLease(metadata: LeaseMetadata, record: LeaseRecord): KubernetesObject {
  const { holder, lastsMs, acquireTime, renewTime, transitions } = record
  return {
    apiVersion: toApiVersion(LEASE),
    kind: LEASE.kind,
    metadata,
    spec: {
      ...(holder !== undefined && { holderIdentity: holder }),
      // Whole seconds, and never fewer than were meant.
      leaseDurationSeconds: Math.max(1, Math.ceil(lastsMs / 1000)),
      ...(acquireTime !== undefined && { acquireTime }),
      ...(renewTime !== undefined && { renewTime }),
      leaseTransitions: transitions,
    },
  }
}

/** The form that the API server stores (MicroTime), so that what was written is what is read. */
export function toMicroTime(instant: Instant): string {
  return new Date(instant).toISOString().replace('Z', '000Z')
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
