/** The gRPC side of aggregated discovery: bytes in, bytes out, so that a response is encoded once for all streams. */
import { type ChannelOptions, type handleBidiStreamingCall, Server } from '@grpc/grpc-js'
import type { XdsLimits } from './xds-limits.ts'

const asItIs = (bytes: Buffer): Buffer => bytes

const ADS = {
  streamAggregatedResources: {
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    requestStream: true,
    responseStream: true,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} as const

/** Of one connection. An Envoy uses one stream; a second and a few of other kinds do no harm. */
const MAX_STREAMS = 16
const MAX_SESSION_MEGABYTES = 64
const IDLE_CONNECTION_MS = 60_000

export function adsServer(
  limits: XdsLimits,
  handle: handleBidiStreamingCall<Buffer, Buffer>,
): Server {
  const options: ChannelOptions = {
    'grpc.max_receive_message_length': limits.maxRequestBytes,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc-node.max_session_memory': MAX_SESSION_MEGABYTES,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.max_connection_age_ms': limits.connectionAgeMs,
    // A stream never ends by itself, so the age would never take effect without a limit here.
    'grpc.max_connection_age_grace_ms': limits.drainMs,
    'grpc.max_connection_idle_ms': IDLE_CONNECTION_MS,
    'grpc.enable_channelz': 0,
  }
  const server = new Server(options)
  server.addService(ADS, { streamAggregatedResources: handle })
  return server
}
