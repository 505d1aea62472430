/** What a failed answer of a Kubernetes API server means to the cluster port. */
import { ClusterError, type ClusterErrorCode } from '../cluster.ts'
import { fromStatus } from '../cluster-api/status.ts'

export interface FailedAnswer {
  readonly httpStatus: number
  /** The header, if there is one. */
  readonly retryAfter: string | undefined
  readonly body: string
}

/**
 * What kube-apiserver says 500 to although it is well itself: an admission webhook that fails refuses the object, and an
 * apply whose object does not fit the schema of its kind is wrong.
 */
const SAID_AS_500 = [
  [/failed calling webhook/, 'Forbidden'],
  [/^failed to create typed patch object/, 'Invalid'],
] as const satisfies readonly (readonly [RegExp, ClusterErrorCode])[]

export function toClusterError({ httpStatus, retryAfter, body }: FailedAnswer): ClusterError {
  const status = parseStatus(body)
  // The API server answers with a Status about objects, and with plain text where it has no such path.
  if (httpStatus === 404 && status === undefined)
    return new ClusterError('KindNotServed', 'the API server does not serve this kind any more')
  const error = fromStatus(httpStatus, status)
  const code = (httpStatus === 500 ? codeOf500(error.message) : undefined) ?? error.code
  const retryAfterMs = error.retryAfterMs ?? toMs(retryAfter)
  return new ClusterError(code, error.message, retryAfterMs === undefined ? {} : { retryAfterMs })
}

function codeOf500(message: string): ClusterErrorCode | undefined {
  return SAID_AS_500.find(([pattern]) => pattern.test(message))?.[1]
}

function parseStatus(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Kubernetes sends whole seconds (RFC 9110 10.2.3 has a date too, which it never uses). */
function toMs(retryAfter: string | undefined): number | undefined {
  return retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : undefined
}
