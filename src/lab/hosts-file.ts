/** Cluster DNS as a hosts file: what a pod of one namespace would resolve, and to which addresses. */
export interface HostsService {
  readonly namespace: string
  readonly name: string
  /** The ClusterIP, or the ready pods' addresses of a headless service; none for a headless service without ready pods. */
  readonly addresses: readonly string[]
}

export interface HostsPod {
  readonly namespace: string
  readonly name: string
  readonly address: string
}

/** The bare name resolves within the service's own namespace only, as the search list of a pod's resolv.conf has it. */
export function printHostsFile(pod: HostsPod, services: readonly HostsService[]): string {
  const lines = services.flatMap((service) => {
    const names = serviceNames(service, pod.namespace).join(' ')
    return service.addresses.map((address) => `${address} ${names}`)
  })
  return ['127.0.0.1 localhost', '::1 localhost', `${pod.address} ${pod.name}`, ...lines, ''].join(
    '\n',
  )
}

function serviceNames(service: HostsService, from: string): readonly string[] {
  const inNamespace = `${service.name}.${service.namespace}`
  const bare = service.namespace === from ? [service.name] : []
  return [`${inNamespace}.svc.cluster.local`, `${inNamespace}.svc`, inNamespace, ...bare]
}
