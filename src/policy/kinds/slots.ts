/** Slots by which declarations of different kinds find one another (see Claim). */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type ServiceName, toServiceKey } from '../../model/service-name.ts'

/** What only one split of a commit may govern: a root service, or certain requests to it. */
export function splitSlot(root: ServiceName, matches: readonly string[] = []): string {
  return ['split', toServiceKey(root), ...matches.toSorted(byCodeUnit)].join(' ')
}

/** A host that an Egress of the namespace names. */
export function egressHostSlot(namespace: string, host: string): string {
  return `egress host ${namespace} ${host}`
}

/** An UpstreamTrafficSetting that an Egress of the namespace names. */
export function egressSettingSlot(namespace: string, name: string): string {
  return `egress setting ${namespace} ${name}`
}

/** A path pattern of an HTTPRouteGroup of the namespace. */
export function pathRegexSlot(namespace: string, pathRegex: string): string {
  return `path ${namespace} ${pathRegex}`
}

/** The MeshRootCertificates of a role. */
export function rootCertificateSlot(role: 'active' | 'passive'): string {
  return `${role} root certificate`
}

/** A TrafficTarget into the namespace, or into any. */
export function grantSlot(namespace = ''): string {
  return `grant ${namespace}`
}
