/** Which protocol a service port speaks: its appProtocol, else the prefix of its name, else HTTP. */
import type { InventoryPort } from '../../model/cluster-inventory.ts'

export type MeshProtocol = 'http' | 'grpc' | 'tcp' | 'tcp-server-first'

/** What appProtocol may say. Beyond OSM's four: the names Kubernetes and others use for what Envoy's HTTP codecs read. */
const APP_PROTOCOLS: ReadonlyMap<string, MeshProtocol> = new Map([
  ['http', 'http'],
  ['grpc', 'grpc'],
  ['tcp', 'tcp'],
  ['tcp-server-first', 'tcp-server-first'],
  ['http2', 'http'],
  ['h2c', 'http'],
  ['kubernetes.io/h2c', 'http'],
  ['kubernetes.io/ws', 'http'],
])

/** Longest first: `tcp-server-first-` begins with `tcp-`. */
const NAME_PREFIXES = ['tcp-server-first', 'http', 'tcp', 'grpc'] as const

/** `undefined` for what is not in the mesh: UDP and SCTP (D19), and an appProtocol we cannot route. */
export function protocolOf(
  port: Pick<InventoryPort, 'name' | 'protocol' | 'appProtocol'>,
): MeshProtocol | undefined {
  if (port.protocol !== 'TCP') return undefined
  if (port.appProtocol !== undefined) return APP_PROTOCOLS.get(port.appProtocol)
  return NAME_PREFIXES.find((prefix) => port.name.startsWith(`${prefix}-`)) ?? 'http'
}

/** HTTP ports are opened by HTTP rules and routed by host; the others are opened by TCPRoutes and routed by address (D17). */
export function isHttp(protocol: MeshProtocol): boolean {
  return protocol === 'http' || protocol === 'grpc'
}
