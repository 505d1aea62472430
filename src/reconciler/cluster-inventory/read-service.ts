/** A Service as the mesh sees it. */
import type { InventoryPort, InventoryService } from '../../model/cluster-inventory.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { listAt, mapAt, numberAt, textAt, textsAt } from './read-member.ts'

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const

/** `undefined` for an ExternalName: it has neither an address nor endpoints. */
export function readService(object: KubernetesObject): InventoryService | undefined {
  const { name, namespace = '' } = object.metadata
  const spec = mapAt(object, 'spec')
  if (textAt(spec, 'type') === 'ExternalName') return undefined
  return {
    name: { namespace, name },
    clusterIps: readClusterIps(spec),
    ports: listAt(spec, 'ports').flatMap(readPort),
    selector: textsAt(spec, 'selector'),
  }
}

function readClusterIps(spec: unknown): readonly string[] {
  const all = listAt(spec, 'clusterIPs').filter((ip) => typeof ip === 'string')
  const one = textAt(spec, 'clusterIP')
  const ips = all.length > 0 || one === undefined ? all : [one]
  // A headless service says None.
  return ips.filter((ip) => ip !== 'None' && ip !== '')
}

function readPort(value: unknown): readonly InventoryPort[] {
  const port = numberAt(value, 'port')
  if (port === undefined) return []
  const protocol = PROTOCOLS.find((known) => known === textAt(value, 'protocol')) ?? 'TCP'
  const targetPort = numberAt(value, 'targetPort') ?? textAt(value, 'targetPort') ?? port
  const appProtocol = textAt(value, 'appProtocol')
  return [
    {
      name: textAt(value, 'name') ?? '',
      port,
      targetPort,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    },
  ]
}
