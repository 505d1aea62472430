/** Which service accounts answer for a service: as the cluster says, or, without a cluster, as the repository lets us infer. */
import type { ClusterInventory } from '../../model/cluster-inventory.ts'
import { type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import { type ServiceName, toServiceKey } from '../../model/service-name.ts'
import { mayReceive } from '../intent/traffic-split-intent.ts'
import type { Intent } from '../intent.ts'

export type AccountsBehind = (service: ServiceName) => readonly ServiceAccount[]

/** The accounts of the pods behind the service's endpoints, or behind those of the backends that a TrafficSplit sends its calls to. */
export function accountsInCluster(intent: Intent, inventory: ClusterInventory): AccountsBehind {
  return (service) => {
    const accounts = answeringServices(intent, service).flatMap((name) =>
      accountsOfPods(inventory, name),
    )
    return [...new Map(accounts.map((account) => [toAccountKey(account), account])).values()]
  }
}

/** A split that has matches leaves the other requests to the root service. A backend that may have no weight gets none. */
function answeringServices(intent: Intent, service: ServiceName): readonly ServiceName[] {
  const splits = intent.splits.get(toServiceKey(service)) ?? []
  const backends = splits.flatMap((split) =>
    split.backends.filter((_, index) => mayReceive(split, index)),
  )
  const isWhole = splits.some((split) => split.matches.length === 0)
  return [...(isWhole ? [] : [service]), ...backends.map((backend) => backend.service)]
}

function accountsOfPods(
  inventory: ClusterInventory,
  service: ServiceName,
): readonly ServiceAccount[] {
  return (inventory.endpoints.get(toServiceKey(service)) ?? []).flatMap(({ podUid }) => {
    const pod = podUid === undefined ? undefined : inventory.pods.get(podUid)
    return pod === undefined ? [] : [pod.account]
  })
}

/**
 * Without a cluster: every service is taken to run as the account of its own name, as is the custom of SMI repositories, and the root
 * service of a TrafficSplit is answered for by its backends.
 */
export function accountsByCustom(intent: Intent): AccountsBehind {
  return (service) => {
    const accounts = answeringServices(intent, service)
    return [...new Map(accounts.map((account) => [toServiceKey(account), account])).values()]
  }
}
