/** kube-proxy's part: the rules of the lab's own network that carry a ClusterIP to the endpoints behind it. */
import { CLUSTER_IP_RANGE } from './addresses.ts'

export interface ServiceRoute {
  readonly clusterIp: string
  readonly port: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly endpoints: readonly { readonly address: string; readonly port: number }[]
}

/**
 * Text for `iptables-restore`, which replaces both tables at once: there is no moment with half the rules. Endpoints share
 * new connections evenly; a ClusterIP that nothing answers for is refused at once, as kube-proxy does, not left to time out.
 */
export function printServiceRules(routes: readonly ServiceRoute[]): string {
  const behind = new Set(routes.flatMap((route) => route.endpoints.map((one) => one.address)))
  return [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    ':SERVICES - [0:0]',
    '-A PREROUTING -j SERVICES',
    '-A OUTPUT -j SERVICES',
    ...routes.flatMap(destinationRules),
    // A pod that reaches itself through its Service would answer itself past this network's connection table.
    ...[...behind].map((address) => `-A POSTROUTING -s ${address} -d ${address} -j MASQUERADE`),
    'COMMIT',
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    `-A FORWARD -d ${CLUSTER_IP_RANGE} -j REJECT`,
    `-A OUTPUT -d ${CLUSTER_IP_RANGE} -j REJECT`,
    'COMMIT',
    '',
  ].join('\n')
}

/** One rule per endpoint; the nth of those left takes 1/n of what comes to it, so that all take the same share. */
function destinationRules(route: ServiceRoute): readonly string[] {
  const protocol = route.protocol.toLowerCase()
  const match = `-A SERVICES -d ${route.clusterIp} -p ${protocol} --dport ${route.port}`
  return route.endpoints.map(({ address, port }, index) => {
    const left = route.endpoints.length - index
    const share = left === 1 ? '' : ` -m statistic --mode random --probability ${1 / left}`
    return `${match}${share} -j DNAT --to-destination ${address}:${port}`
  })
}
