/** An EndpointSlice: some of the endpoints of a service. */
import type { InventoryEndpoint } from '../../model/cluster-inventory.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ServiceKey, toServiceKey } from '../../model/service-name.ts'
import { booleanAt, listAt, mapAt, numberAt, textAt } from './read-member.ts'

const SERVICE_NAME = 'kubernetes.io/service-name'

export interface SliceContents {
  readonly service: ServiceKey
  readonly endpoints: readonly InventoryEndpoint[]
}

/** `undefined` for a slice of no service, or of names in place of addresses. */
export function readEndpointSlice(object: KubernetesObject): SliceContents | undefined {
  const { namespace = '', labels = {} } = object.metadata
  const name = labels[SERVICE_NAME]
  if (name === undefined || textAt(object, 'addressType') === 'FQDN') return undefined
  const ports = readPorts(object)
  const endpoints = listAt(object, 'endpoints').flatMap((value) => readEndpoint(value, ports))
  return { service: toServiceKey({ namespace, name }), endpoints }
}

function readPorts(object: KubernetesObject): ReadonlyMap<string, number> {
  return new Map(
    listAt(object, 'ports').flatMap((value) => {
      const port = numberAt(value, 'port')
      return port === undefined ? [] : [[textAt(value, 'name') ?? '', port] as const]
    }),
  )
}

function readEndpoint(
  value: unknown,
  ports: ReadonlyMap<string, number>,
): readonly InventoryEndpoint[] {
  // The API says that the addresses of an endpoint are fungible and that consumers use the first.
  const [address] = listAt(value, 'addresses')
  if (typeof address !== 'string') return []
  const target = mapAt(value, 'targetRef')
  const podUid = textAt(target, 'kind') === 'Pod' ? textAt(target, 'uid') : undefined
  const hostname = textAt(value, 'hostname')
  return [
    {
      address,
      ports,
      // Left out means unknown, which consumers take for ready.
      ready: booleanAt(mapAt(value, 'conditions'), 'ready') ?? true,
      ...(podUid === undefined ? {} : { podUid }),
      ...(hostname === undefined ? {} : { hostname }),
    },
  ]
}
