import { ClusterError, type ClusterErrorCode } from '../cluster.ts'

/** Whether the cluster said one of these. */
export function hasCode(
  error: unknown,
  ...codes: readonly ClusterErrorCode[]
): error is ClusterError {
  return error instanceof ClusterError && codes.includes(error.code)
}
