/** The network filters of a chain, by what they do; their names mean nothing to Envoy, and nothing here. */
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt'
import type { FilterChain } from '../../../src/generated/envoy/config/listener/v3/listener_components_pb.js'
import type { RBAC } from '../../../src/generated/envoy/config/rbac/v3/rbac_pb.js'
import {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from '../../../src/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import {
  type RBAC as NetworkRbac,
  RBACSchema as NetworkRbacSchema,
} from '../../../src/generated/envoy/extensions/filters/network/rbac/v3/rbac_pb.js'
import {
  type TcpProxy,
  TcpProxySchema,
} from '../../../src/generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js'
import { Unsupported } from './unsupported.ts'

export type Delivery =
  | { readonly type: 'http'; readonly manager: HttpConnectionManager }
  | { readonly type: 'tcp'; readonly proxy: TcpProxy }

export interface ReadChain {
  /** Each must allow the connection. */
  readonly rules: readonly (RBAC | undefined)[]
  readonly delivery: Delivery
}

export function readChain(chain: FilterChain): ReadChain {
  const rules: (RBAC | undefined)[] = []
  for (const { name, configType } of chain.filters) {
    if (configType.case !== 'typedConfig') throw new Unsupported(`the filter ${name}`)
    const delivery = readDelivery(configType.value)
    if (delivery !== undefined) return { rules, delivery } // terminal: Envoy refuses filters after it
    rules.push(readRules(configType.value))
  }
  throw new Unsupported(`the chain ${chain.name}, which delivers nowhere`)
}

function readDelivery(packed: Any): Delivery | undefined {
  const manager = anyUnpack(packed, HttpConnectionManagerSchema)
  if (manager !== undefined) return { type: 'http', manager }
  const proxy = anyUnpack(packed, TcpProxySchema)
  return proxy && { type: 'tcp', proxy }
}

function readRules(packed: Any): RBAC | undefined {
  const filter: NetworkRbac | undefined = anyUnpack(packed, NetworkRbacSchema)
  if (filter === undefined) throw new Unsupported(`the network filter ${packed.typeUrl}`)
  if (filter.matcher !== undefined) throw new Unsupported('RBAC matchers')
  return filter.rules
}
