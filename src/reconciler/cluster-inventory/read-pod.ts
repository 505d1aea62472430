/** A Pod as the mesh sees it. */
import type { InventoryPod } from '../../model/cluster-inventory.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { mapAt, textAt } from './read-member.ts'

const PROXY_UUID = 'osm-proxy-uuid'

/** `undefined` for a pod that has ended: its address may be another's by now. */
export function readPod(object: KubernetesObject): InventoryPod | undefined {
  const { name, namespace = '', uid = '', labels = {}, annotations = {} } = object.metadata
  const status = mapAt(object, 'status')
  const phase = textAt(status, 'phase')
  if (phase === 'Succeeded' || phase === 'Failed') return undefined
  const ip = textAt(status, 'podIP')
  const proxyUid = labels[PROXY_UUID]
  const account = textAt(mapAt(object, 'spec'), 'serviceAccountName')
  return {
    uid,
    namespace,
    name,
    // An account left out, or empty, is the namespace's own.
    account: { namespace, name: account || 'default' },
    labels,
    annotations,
    ...(ip === undefined || ip === '' ? {} : { ip }),
    ...(proxyUid === undefined ? {} : { proxyUid }),
  }
}
