import type { ServiceName } from '../../model/service-name.ts'

/** The host that a caller names who names none of its own: `service.namespace`, and the port where it is not HTTP's. */
export function defaultHost({ name, namespace }: ServiceName, port: number | undefined): string {
  return port === undefined || port === 80 ? `${name}.${namespace}` : `${name}.${namespace}:${port}`
}
