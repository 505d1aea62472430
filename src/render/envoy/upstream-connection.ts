/** How a proxy connects onward: in which protocol, and from what kind of socket. */
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import type { BindConfigSchema } from '../../generated/envoy/config/core/v3/address_pb.js'
import { SocketOption_SocketState } from '../../generated/envoy/config/core/v3/socket_option_pb.js'
import { HttpProtocolOptionsSchema } from '../../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js'
import { pack } from './pack.ts'

/** Requests go on in the protocol that they arrived in. */
export const SAME_PROTOCOL: Readonly<Record<string, Any>> = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': pack(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: 'useDownstreamProtocolConfig',
      value: { http2ProtocolOptions: {} },
    },
  }),
}

/** SO_MARK of SOL_SOCKET, on Linux. */
const SO_MARK = { level: 1n, name: 36n }

/** A mark on every socket, by which redirection tells the proxy's traffic from the workload's. */
export function marked(mark: number | undefined): {
  upstreamBindConfig?: MessageInitShape<typeof BindConfigSchema>
} {
  if (mark === undefined) return {}
  return {
    upstreamBindConfig: {
      socketOptions: [
        {
          ...SO_MARK,
          description: 'tells redirection that this is the proxy',
          value: { case: 'intValue', value: BigInt(mark) },
          state: SocketOption_SocketState.STATE_PREBIND,
        },
      ],
    },
  }
}
