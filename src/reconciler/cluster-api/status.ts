/** Errors of the cluster port as Kubernetes says them over HTTP (`kind: Status`), and back. */
import { ClusterError, type ClusterErrorCode } from '../cluster.ts'

export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: Readonly<Record<string, never>>
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly retryAfterSeconds?: number }
  readonly code: number
}

/** HTTP status and `reason`, as k8s.io/apimachinery pairs them. */
const SAID_AS = {
  NotFound: [404, 'NotFound'],
  // An unknown kind is an unknown URL, and Kubernetes gives both the one reason.
  KindNotServed: [404, 'NotFound'],
  AlreadyExists: [409, 'AlreadyExists'],
  Conflict: [409, 'Conflict'],
  Invalid: [422, 'Invalid'],
  Forbidden: [403, 'Forbidden'],
  Expired: [410, 'Expired'],
  TooManyRequests: [429, 'TooManyRequests'],
  Unavailable: [503, 'ServiceUnavailable'],
} as const satisfies Record<ClusterErrorCode, readonly [number, string]>

export const SUCCESS: Status = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 200,
}

export function toStatus(error: ClusterError): Status {
  const [code, reason] = SAID_AS[error.code]
  const wait = error.retryAfterMs
  return {
    ...failure(code, reason, error.message),
    ...(wait === undefined ? {} : { details: { retryAfterSeconds: Math.ceil(wait / 1000) } }),
  }
}

/** A failure that is not the cluster's: a request the API does not take. */
export function failure(code: number, reason: string, message: string): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  }
}

/** What a failed answer means; `body` is whatever came, a Status or not. */
export function fromStatus(httpStatus: number, body: unknown): ClusterError {
  const status = (typeof body === 'object' && body !== null ? body : {}) as Partial<Status>
  const message = status.message ?? `the cluster API answered with HTTP status ${httpStatus}`
  const seconds = status.details?.retryAfterSeconds
  return new ClusterError(
    codeOf(status.code ?? httpStatus, status.reason),
    message,
    seconds === undefined ? {} : { retryAfterMs: seconds * 1000 },
  )
}

function codeOf(httpStatus: number, reason: string | undefined): ClusterErrorCode {
  if (httpStatus === 409) return reason === 'AlreadyExists' ? 'AlreadyExists' : 'Conflict'
  if (httpStatus === 400 || httpStatus === 413 || httpStatus === 415) return 'Invalid'
  if (httpStatus === 401) return 'Forbidden'
  const entries = Object.entries(SAID_AS) as [ClusterErrorCode, readonly [number, string]][]
  return entries.find(([, [code]]) => code === httpStatus)?.[0] ?? 'Unavailable'
}
