/** Access logs: JSON lines on the proxy's standard output, with OSM's fields. */
import { create } from '@bufbuild/protobuf'
import { AccessLogSchema } from '../../generated/envoy/config/accesslog/v3/accesslog_pb.js'
import { StdoutAccessLogSchema } from '../../generated/envoy/extensions/access_loggers/stream/v3/stream_pb.js'
import { pack } from './pack.ts'

/** Sorted: the encoder writes the fields in this order. */
const FIELDS = {
  authority: '%REQ(:AUTHORITY)%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  request_id: '%REQ(X-REQUEST-ID)%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
  response_code: '%RESPONSE_CODE%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  response_flags: '%RESPONSE_FLAGS%',
  start_time: '%START_TIME%',
  time_to_first_byte: '%RESPONSE_DURATION%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  user_agent: '%REQ(USER-AGENT)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
} as const

export const ACCESS_LOG = create(AccessLogSchema, {
  name: 'envoy.access_loggers.stream',
  configType: {
    case: 'typedConfig',
    value: pack(StdoutAccessLogSchema, {
      accessLogFormat: {
        case: 'logFormat',
        value: { format: { case: 'jsonFormat', value: FIELDS } },
      },
    }),
  },
})
