/** The messages that may stand where Envoy takes any, for reading what was rendered. */
import { createRegistry } from '@bufbuild/protobuf'
import { BootstrapSchema } from '../../generated/envoy/config/bootstrap/v3/bootstrap_pb.js'
import { StdoutAccessLogSchema } from '../../generated/envoy/extensions/access_loggers/stream/v3/stream_pb.js'
import {
  RBACSchema as HttpRbacSchema,
  RBACPerRouteSchema,
} from '../../generated/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { RouterSchema } from '../../generated/envoy/extensions/filters/http/router/v3/router_pb.js'
import { OriginalDstSchema } from '../../generated/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js'
import { TlsInspectorSchema } from '../../generated/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js'
import { HttpConnectionManagerSchema } from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { RBACSchema as NetworkRbacSchema } from '../../generated/envoy/extensions/filters/network/rbac/v3/rbac_pb.js'
import { TcpProxySchema } from '../../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js'
import {
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import { HttpProtocolOptionsSchema } from '../../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js'

export const TYPE_REGISTRY = createRegistry(
  BootstrapSchema,
  DownstreamTlsContextSchema,
  HttpConnectionManagerSchema,
  HttpProtocolOptionsSchema,
  HttpRbacSchema,
  NetworkRbacSchema,
  OriginalDstSchema,
  RBACPerRouteSchema,
  RouterSchema,
  StdoutAccessLogSchema,
  TcpProxySchema,
  TlsInspectorSchema,
  UpstreamTlsContextSchema,
)
