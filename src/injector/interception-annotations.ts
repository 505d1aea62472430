/** Reads a pod's annotations about interception. Their values end up in iptables rules: only ports and IPv4 ranges pass. */
import { byCodeUnit } from '../model/by-code-unit.ts'
import { err, ok, type Result } from '../model/result.ts'
import { judgeCidrV4 } from '../policy/kinds/fields/cidr.ts'
import type { InterceptionSettings } from './interception-rules.ts'

/** What is left out of interception; how Envoy's sockets are told apart is the machine's affair. */
export type InterceptionScope = Omit<InterceptionSettings, 'proxy'>

type Annotations = Readonly<Record<string, string>>

const PREFIX = 'openservicemesh.io/'

/** Each annotation adds to the mesh's own list. The error holds one sentence for each mistake. */
export function readInterceptionScope(
  annotations: Annotations,
  mesh: InterceptionScope,
): Result<InterceptionScope, readonly string[]> {
  const mistakes: string[] = []
  const ports = (name: string, also: readonly number[]): readonly number[] => {
    const found = readList(annotations, name, judgePort, mistakes).map(Number)
    return [...new Set([...also, ...found])].sort((a, b) => a - b)
  }
  const ranges = (name: string, also: readonly string[]): readonly string[] => {
    const found = readList(annotations, name, judgeRange, mistakes)
    return [...new Set([...also, ...found])].sort(byCodeUnit)
  }
  const scope: InterceptionScope = {
    inboundPortExclusions: ports('inbound-port-exclusion-list', mesh.inboundPortExclusions),
    outboundPortExclusions: ports('outbound-port-exclusion-list', mesh.outboundPortExclusions),
    outboundIpRangeExclusions: ranges(
      'outbound-ip-range-exclusion-list',
      mesh.outboundIpRangeExclusions,
    ),
    outboundIpRangeInclusions: ranges(
      'outbound-ip-range-inclusion-list',
      mesh.outboundIpRangeInclusions,
    ),
    networkInterfaceExclusions: mesh.networkInterfaceExclusions,
  }
  return mistakes.length === 0 ? ok(scope) : err(mistakes)
}

function readList(
  annotations: Annotations,
  name: string,
  judge: (item: string) => string | undefined,
  mistakes: string[],
): readonly string[] {
  const text = annotations[PREFIX + name]
  if (text === undefined) return []
  const items = text.split(',').map((item) => item.trim())
  for (const item of items) {
    const mistake = judge(item)
    if (mistake !== undefined) mistakes.push(`annotation ${PREFIX}${name}: ${mistake}`)
  }
  return items
}

function judgePort(item: string): string | undefined {
  // One spelling for each number: `0x50`, `080` and `8e1` are numbers to some readers and not to others.
  if (/^[1-9]\d{0,4}$/.test(item) && Number(item) <= 65_535) return undefined
  return `${JSON.stringify(item.slice(0, 80))} is not a port; write whole numbers from 1 to 65535, separated by commas`
}

function judgeRange(item: string): string | undefined {
  const text = judgeCidrV4(item)
  return text && `${text.message}; ${text.fix}`
}
