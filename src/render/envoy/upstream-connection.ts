import type { Any } from '@bufbuild/protobuf/wkt'
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
