/** A MeshRepository as the commands show it: what is asked, and what its status says of it. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { RECONCILE_REQUESTED_AT } from '../../reconciler/repositories/mesh-repository-kind.ts'
import { readRepositoryStatus } from '../../reconciler/repositories/read-repository-status.ts'
import type {
  RepositoryCondition,
  RepositoryStatus,
} from '../../reconciler/repositories/repository-status.ts'
import { printableText } from '../../review/problems/printable-text.ts'
import { SUSPEND_REASON } from './suspend-reason.ts'

/** `spec.pin`. */
export interface PinView {
  readonly commit: string
  readonly insteadOf: string
  readonly reason?: string
  readonly expiresAt?: string
}

export interface RepositoryView {
  readonly name: string
  readonly url: string
  readonly ref: string
  /** The folder in the repository; empty for all of it. */
  readonly path: string
  readonly isSuspended: boolean
  readonly suspendReason: string | undefined
  readonly pin: PinView | undefined
  readonly generation: number
  /** The last request for a pass, whoever made it. */
  readonly requestedAt: string | undefined
  readonly createdAt: string | undefined
  readonly ready: { readonly status: RepositoryCondition['status']; readonly message: string }
  /** Absent as `Ready` is, before a control plane has looked. */
  readonly reason: RepositoryCondition['reason'] | undefined
  /** Whether the status is of this spec: it is not while a change of the spec has not been seen. */
  readonly isSeen: boolean
  readonly status: RepositoryStatus
}

const NO_STATION = { errors: [], errorCount: 0 }

/** Before a control plane has looked. */
const NO_STATUS: RepositoryStatus = {
  observedGeneration: -1,
  conditions: [],
  ...{ sourced: NO_STATION, validated: NO_STATION, applied: NO_STATION },
  enforced: { ...NO_STATION, touched: 0, acked: 0, nacked: 0, summary: '' },
  history: [],
  proxies: { known: 0, connected: 0 },
  drift: { total: 0, last: [] },
}

const NOT_LOOKED_AT = {
  status: 'Unknown',
  message: 'no control plane has looked at it yet',
} as const

interface Stored extends KubernetesObject {
  readonly spec?: {
    readonly url?: string
    readonly ref?: string
    readonly path?: string
    readonly suspend?: boolean
    readonly pin?: PinView
  }
}

/** Texts of others (subjects, authors, what proxies said) cannot steer the terminal that they are printed on. */
export function toRepositoryView(object: KubernetesObject): RepositoryView {
  const shown = printable(object) as Stored
  const { metadata, spec = {} } = shown
  const generation = metadata.generation ?? 0
  const status = readRepositoryStatus(shown) ?? NO_STATUS
  const ready = status.conditions.find(({ type }) => type === 'Ready')
  return {
    name: metadata.name,
    url: spec.url ?? '',
    ref: spec.ref ?? 'main',
    path: spec.path ?? '',
    isSuspended: spec.suspend === true,
    suspendReason: metadata.annotations?.[SUSPEND_REASON],
    pin: spec.pin,
    generation,
    requestedAt: metadata.annotations?.[RECONCILE_REQUESTED_AT],
    createdAt: metadata.creationTimestamp,
    ready: ready ?? NOT_LOOKED_AT,
    reason: ready?.reason,
    isSeen: status.observedGeneration >= generation,
    status,
  }
}

function printable(value: unknown): unknown {
  if (typeof value === 'string') return printableText(value)
  if (Array.isArray(value)) return value.map(printable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, printable(inner)]))
}
