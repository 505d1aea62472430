/** The authorities by which a service is called, as a virtual host lists them. */
import { type ServiceName, toServiceFqdn } from '../../model/service-name.ts'

/**
 * `svc` alone (when asked for), then every longer form up to the full name, each followed by itself with each port. Callers of
 * another namespace do not resolve the short form, so it would only shadow a service of their own.
 */
export function hostDomains(
  service: ServiceName,
  ports: readonly number[],
  { short }: { readonly short: boolean },
): string[] {
  const { name, namespace } = service
  const hosts = [
    ...(short ? [name] : []),
    `${name}.${namespace}`,
    `${name}.${namespace}.svc`,
    `${name}.${namespace}.svc.cluster`,
    toServiceFqdn(service),
  ]
  return hosts.flatMap((host) => [host, ...ports.map((port) => `${host}:${port}`)])
}
