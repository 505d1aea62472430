/** A Kubernetes Service. */
export interface ServiceName {
  readonly namespace: string
  readonly name: string
}

declare const serviceKey: unique symbol
/** `namespace/name`. */
export type ServiceKey = string & { readonly [serviceKey]: true }

export function toServiceKey(service: ServiceName): ServiceKey {
  return `${service.namespace}/${service.name}` as ServiceKey
}

export function fromServiceKey(key: ServiceKey): ServiceName {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** The name clients resolve and send as SNI. The cluster domain does not follow the trust domain. */
export function toServiceFqdn(service: ServiceName): string {
  return `${service.name}.${service.namespace}.svc.cluster.local`
}
