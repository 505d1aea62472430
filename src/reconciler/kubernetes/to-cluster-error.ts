/** What a failed answer of a Kubernetes API server means to the cluster port. */
import { ClusterError } from '../cluster.ts'
import { fromStatus } from '../cluster-api/status.ts'

export interface FailedAnswer {
  readonly httpStatus: number
  /** The header, if there is one. */
  readonly retryAfter: string | undefined
  readonly body: string
}

/** An admission webhook that fails refuses the object; the API server itself is well, and says 500 all the same. */
const WEBHOOK_FAILED = /failed calling webhook/

export function toClusterError({ httpStatus, retryAfter, body }: FailedAnswer): ClusterError {
  const status = parseStatus(body)
  // The API server answers with a Status about objects, and with plain text where it has no such path.
  if (httpStatus === 404 && status === undefined)
    return new ClusterError('KindNotServed', 'the API server does not serve this kind any more')
  const error = fromStatus(httpStatus, status)
  const code = httpStatus === 500 && WEBHOOK_FAILED.test(error.message) ? 'Forbidden' : error.code
  const retryAfterMs = error.retryAfterMs ?? toMs(retryAfter)
  return new ClusterError(code, error.message, retryAfterMs === undefined ? {} : { retryAfterMs })
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
