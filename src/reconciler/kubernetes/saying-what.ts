/** Failures of calls to an API server, told with what only the caller knows. */
import { type ObjectKind, toApiVersion } from '../../model/object-id.ts'
import { type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import { ClusterError } from '../cluster.ts'

/** A kind that has gone since it was looked up is named, and so is the account whose rights were asked about. */
export async function sayingWhat<T>(
  answer: Promise<T>,
  { kind, account }: { readonly kind: ObjectKind; readonly account: ServiceAccount | undefined },
): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    if (error.code === 'Forbidden') throw forbidden(error, account)
    if (error.code === 'KindNotServed') throw kindGone(error, kind)
    throw error
  }
}

/** Where it is we who may not impersonate, the server's message names us and not the account. */
function forbidden(error: ClusterError, account: ServiceAccount | undefined): ClusterError {
  if (account === undefined) return error
  const message = `as the service account ${toAccountKey(account)}: ${error.message}`
  return new ClusterError('Forbidden', message, { cause: error })
}

function kindGone(cause: ClusterError, kind: ObjectKind): ClusterError {
  const message = `the cluster serves no kind ${kind.kind} at ${toApiVersion(kind)} any more`
  return new ClusterError('KindNotServed', message, { cause })
}
