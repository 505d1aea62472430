/** Tells a replica that does not lead when the one that does has accepted something. */
import type { Clock } from '../../../model/clock.ts'
import type { Entropy } from '../../../model/entropy.ts'
import type { Logger } from '../../../model/logger.ts'
import type { Cluster } from '../../../reconciler/cluster.ts'
import { INVENTORY_LABEL } from '../../../reconciler/inventory/inventory-store.ts'
import { reflect } from '../../../reconciler/reflect.ts'
import { CONTROL_NAMESPACE } from '../serving/control-plane-identity.ts'

export interface WatchInventoryOptions {
  readonly cluster: Cluster
  readonly repository: string
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Logger
}

/** Calls with every change of the repository's inventory, until the signal aborts. */
export async function watchInventory(
  { repository, ...options }: WatchInventoryOptions,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  const list = { namespace: CONTROL_NAMESPACE, labels: { [INVENTORY_LABEL]: repository } }
  const kind = { group: '', version: 'v1', kind: 'ConfigMap' }
  await reflect({ ...options, kind, list, onList: changed, onEvent: changed }, signal)
}
