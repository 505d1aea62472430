/** Which service accounts answer for a service: as the cluster says, or, without a cluster, as the repository lets us infer. */
import type { ClusterInventory } from '../../model/cluster-inventory.ts'
import { type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import { type ServiceName, toServiceKey } from '../../model/service-name.ts'
import type { Intent } from '../intent.ts'

export type AccountsBehind = (service: ServiceName) => readonly ServiceAccount[]

/** The accounts of the pods behind the service's endpoints. */
export function accountsInCluster(inventory: ClusterInventory): AccountsBehind {
  return (service) => {
    const accounts = (inventory.endpoints.get(toServiceKey(service)) ?? []).flatMap((endpoint) => {
      const pod = endpoint.podUid === undefined ? undefined : inventory.pods.get(endpoint.podUid)
      return pod === undefined ? [] : [pod.account]
    })
    return [...new Map(accounts.map((account) => [toAccountKey(account), account])).values()]
  }
}

/**
 * Without a cluster: the root service of a TrafficSplit is answered for by its backends, and any other service by
 * the account of its own name, as is the custom of SMI repositories.
 */
export function accountsByCustom(intent: Intent): AccountsBehind {
  return (service) => {
    const splits = intent.splits.get(toServiceKey(service)) ?? []
    const backends = splits.flatMap((split) => split.backends.map((backend) => backend.service))
    const others = backends.filter((backend) => backend.name !== service.name)
    if (others.length > 0) return others
    return [service]
  }
}
