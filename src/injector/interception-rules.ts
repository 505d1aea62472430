/**
 * The nat rules that put a pod's TCP traffic through its Envoy, as ordered data, and their text for `iptables-restore`.
 * Chains, order and ports are OSM's. UDP, DNS and IPv6 are left alone: a pod network with IPv6 has to close it off itself.
 */

/** How Envoy's own sockets are told from the workload's, which would otherwise loop for ever. */
export type ProxySockets =
  | { readonly type: 'uid'; readonly uid: number }
  /** For a user namespace with a single uid: Envoy marks its upstream sockets (SO_MARK). */
  | { readonly type: 'mark'; readonly mark: number }

export interface InterceptionSettings {
  readonly proxy: ProxySockets
  readonly inboundPortExclusions: readonly number[]
  readonly outboundPortExclusions: readonly number[]
  /** IPv4 CIDRs that are never redirected. */
  readonly outboundIpRangeExclusions: readonly string[]
  /** Where not empty, only these IPv4 CIDRs are redirected. */
  readonly outboundIpRangeInclusions: readonly string[]
  readonly networkInterfaceExclusions: readonly string[]
}

export interface InterceptionRule {
  readonly chain: string
  /** Match and target, as iptables takes them. */
  readonly args: readonly string[]
}

const OUTBOUND_PORT = '15001'
const INBOUND_PORT = '15003'
/** Prometheus and the rewritten probes: Envoy's own listeners, which must not be redirected to its inbound one. */
const ENVOY_OWN_PORTS = ['15010', '15901', '15902', '15903', '15904']
/** iptables' multiport match takes this many ports (XT_MULTI_PORTS); longer lists take several rules. */
const MAX_PORTS_A_RULE = 15

const IN = 'OSM_PROXY_INBOUND'
const IN_REDIRECT = 'OSM_PROXY_IN_REDIRECT'
const OUT = 'OSM_PROXY_OUTBOUND'
const OUT_REDIRECT = 'OSM_PROXY_OUT_REDIRECT'
const CHAINS = [IN, IN_REDIRECT, OUT, OUT_REDIRECT]

/** The rules of the nat table, in the order in which the kernel reads them. */
export function interceptionRules(settings: InterceptionSettings): readonly InterceptionRule[] {
  return [
    ...rules(IN_REDIRECT, [['-p', 'tcp', '-j', 'REDIRECT', '--to-port', INBOUND_PORT]]),
    ...rules('PREROUTING', [['-p', 'tcp', '-j', IN]]),
    ...rules(IN, inbound(settings)),
    ...rules(OUT_REDIRECT, [['-p', 'tcp', '-j', 'REDIRECT', '--to-port', OUTBOUND_PORT]]),
    ...rules('OUTPUT', [['-p', 'tcp', '-j', OUT]]),
    ...rules(OUT, outbound(settings)),
  ]
}

function rules(chain: string, list: readonly (readonly string[])[]): readonly InterceptionRule[] {
  return list.map((args) => ({ chain, args }))
}

function inbound(settings: InterceptionSettings): readonly (readonly string[])[] {
  return [
    ...toPorts(settings.inboundPortExclusions),
    ...settings.networkInterfaceExclusions.map((name) => ['-i', name, '-j', 'RETURN']),
    ...ENVOY_OWN_PORTS.map((port) => ['-p', 'tcp', '--dport', port, '-j', 'RETURN']),
    ['-p', 'tcp', '-j', IN_REDIRECT],
  ]
}

function outbound(settings: InterceptionSettings): readonly (readonly string[])[] {
  const included = settings.outboundIpRangeInclusions
  const proxys = proxySockets(settings.proxy)
  return [
    // A workload that calls itself through its Service: Envoy's connection to the pod's own address enters as inbound.
    ['-o', 'lo', '!', '-d', '127.0.0.1/32', ...proxys.its, '-j', IN_REDIRECT],
    ['-o', 'lo', ...proxys.others, '-j', 'RETURN'],
    [...proxys.its, '-j', 'RETURN'],
    ['-d', '127.0.0.1/32', '-j', 'RETURN'],
    ...settings.networkInterfaceExclusions.map((name) => ['-o', name, '-j', 'RETURN']),
    ...settings.outboundIpRangeExclusions.map((range) => ['-d', range, '-j', 'RETURN']),
    ...toPorts(settings.outboundPortExclusions),
    ...(included.length === 0
      ? [['-j', OUT_REDIRECT]]
      : [...included.map((range) => ['-d', range, '-j', OUT_REDIRECT]), ['-j', 'RETURN']]),
  ]
}

function proxySockets(proxy: ProxySockets): {
  readonly its: readonly string[]
  readonly others: readonly string[]
} {
  switch (proxy.type) {
    case 'uid':
      return {
        its: ['-m', 'owner', '--uid-owner', `${proxy.uid}`],
        others: ['-m', 'owner', '!', '--uid-owner', `${proxy.uid}`],
      }
    case 'mark':
      return {
        its: ['-m', 'mark', '--mark', `${proxy.mark}`],
        others: ['-m', 'mark', '!', '--mark', `${proxy.mark}`],
      }
  }
}

function toPorts(ports: readonly number[]): readonly (readonly string[])[] {
  const list: (readonly string[])[] = []
  for (let start = 0; start < ports.length; start += MAX_PORTS_A_RULE) {
    const some = ports.slice(start, start + MAX_PORTS_A_RULE).join(',')
    list.push(['-p', 'tcp', '--match', 'multiport', '--dports', some, '-j', 'RETURN'])
  }
  return list
}

/**
 * Text for `iptables-restore --noflush`. Declaring the chains empties them, so restoring twice leaves the chains as once;
 * only the two jumps would double, which a fresh network namespace does not see.
 * Throws `TypeError` on an argument that could end its line or its quoting: ranges and names are checked where they are read.
 */
export function printInterceptionRules(list: readonly InterceptionRule[]): string {
  return [
    '*nat',
    ...CHAINS.map((chain) => `:${chain} - [0:0]`),
    ...list.map((rule) => `-A ${rule.chain} ${rule.args.map(plainArgument).join(' ')}`),
    'COMMIT',
    '',
  ].join('\n')
}

function plainArgument(text: string): string {
  if (/^[\w!.,:/+-]+$/.test(text)) return text
  throw new TypeError(`not an iptables argument: ${JSON.stringify(text)}`)
}
