/** The names in a workload's leaf. */
import type { ServiceAccount } from '../model/service-account.ts'
import { type SpiffeId, type TrustDomain, toDnsSan, toSpiffeId } from '../model/spiffe-id.ts'

export interface SvidNames {
  readonly spiffeId: SpiffeId
  readonly dnsSans: readonly string[]
}

/**
 * The URI names the account whole. OSM's DNS form goes beside it, but not for an account with a dot in its name:
 * OSM's readers split at dots from the left, and would take `admin.prod` in `dev` for `admin` in `prod`.
 */
export function toSvidNames(domain: TrustDomain, account: ServiceAccount): SvidNames {
  const dns = toDnsSan(domain, account)
  const isReadable = !account.name.includes('.') && dns.length <= 253
  return { spiffeId: toSpiffeId(domain, account), dnsSans: isReadable ? [dns] : [] }
}
