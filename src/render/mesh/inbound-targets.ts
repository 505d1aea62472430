/** Which container ports of a pod the mesh delivers to, and under which services' names. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type ServiceKey, toServiceKey } from '../../model/service-name.ts'
import type { InboundTarget, MeshPort, MeshService } from './mesh-snapshot.ts'
import { isHttp } from './protocol-of.ts'

/** A service behind which a pod stands. */
export interface Backing {
  readonly service: ServiceKey
  /** The numbers that named target ports have in this pod. */
  readonly ports: ReadonlyMap<string, number>
}

export interface BackedService {
  readonly backing: Backing
  readonly service: MeshService
  /** Root services of the TrafficSplits that name it. */
  readonly roots: readonly MeshService[]
}

/** Sorted by target port and service; one entry for each of those pairs. */
export function toInboundTargets(backed: readonly BackedService[]): readonly InboundTarget[] {
  const targets = new Map<string, InboundTarget>()
  for (const { service, backing } of backed)
    for (const port of service.ports) add(targets, toTarget(service, port, backing, 'service'))
  for (const one of backed)
    for (const root of one.roots) for (const target of rootTargets(one, root)) add(targets, target)
  return [...targets.values()].sort(
    (a, b) =>
      a.targetPort - b.targetPort || byCodeUnit(toServiceKey(a.service), toServiceKey(b.service)),
  )
}

function toTarget(
  { name }: MeshService,
  port: MeshPort,
  backing: Backing,
  via: InboundTarget['via'],
): InboundTarget {
  return {
    service: name,
    servicePorts: [port.port],
    targetPort: backing.ports.get(port.name) ?? port.targetPort,
    protocol: port.protocol,
    via,
  }
}

/** A client sends requests for the root's port to the same port of the backend. TCP carries no name to tell them by. */
function rootTargets({ service, backing }: BackedService, root: MeshService): InboundTarget[] {
  return service.ports
    .filter((port) => isHttp(port.protocol))
    .filter((port) => root.ports.some((own) => own.port === port.port && isHttp(own.protocol)))
    .map((port) => toTarget(root, port, backing, 'root'))
}

/**
 * A connection arrives with a target port and the service's name, so two service ports on one target port are one entry; the
 * lower one says the protocol.
 */
function add(targets: Map<string, InboundTarget>, target: InboundTarget): void {
  if (target.targetPort === 0) return
  const key = `${toServiceKey(target.service)}|${target.targetPort}`
  const known = targets.get(key)
  if (known === undefined) targets.set(key, target)
  else if (!known.servicePorts.some((port) => target.servicePorts.includes(port)))
    targets.set(key, {
      ...known,
      servicePorts: [...known.servicePorts, ...target.servicePorts].sort((a, b) => a - b),
    })
}
