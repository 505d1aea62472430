import { ClusterError } from '../cluster.ts'

/** Whether a Lease was written by somebody else before we could: what was read is old, and nothing is out of order. */
export function isLostRace(error: unknown): error is ClusterError {
  const codes = ['Conflict', 'AlreadyExists', 'NotFound']
  return error instanceof ClusterError && codes.includes(error.code)
}
