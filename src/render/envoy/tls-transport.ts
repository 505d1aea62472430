/** Mutual TLS between sidecars: both sides present their own leaf, and each checks the other's. */
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { TransportSocketSchema } from '../../generated/envoy/config/core/v3/base_pb.js'
import { TlsParameters_TlsProtocol } from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.js'
import {
  type CommonTlsContextSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import type { ServiceAccount } from '../../model/service-account.ts'
import { type ServiceName, toServiceFqdn } from '../../model/service-name.ts'
import type { TlsSettings } from '../mesh/mesh-snapshot.ts'
import { ADS } from './ads.ts'
import type { ResourceName } from './envoy-resource.ts'
import { inboundValidationName, leafSecretName, outboundValidationName } from './names.ts'
import { pack } from './pack.ts'

/** Says to the other sidecar's inbound listener that this is mesh traffic. */
export const MESH_ALPN = 'osm'

type TransportSocket = MessageInitShape<typeof TransportSocketSchema>

export function upstreamTls(
  leafName: ResourceName,
  service: ServiceName,
  tls: TlsSettings,
): TransportSocket {
  return socketOf(
    pack(UpstreamTlsContextSchema, {
      sni: toServiceFqdn(service),
      commonTlsContext: {
        ...commonTls(leafName, outboundValidationName(service), tls),
        alpnProtocols: [MESH_ALPN],
      },
    }),
  )
}

export function downstreamTls(server: ServiceAccount, tls: TlsSettings): TransportSocket {
  return socketOf(
    pack(DownstreamTlsContextSchema, {
      commonTlsContext: commonTls(leafSecretName(server), inboundValidationName(server), tls),
      requireClientCertificate: true,
    }),
  )
}

function socketOf(typedConfig: ReturnType<typeof pack>): TransportSocket {
  return {
    name: 'envoy.transport_sockets.tls',
    configType: { case: 'typedConfig', value: typedConfig },
  }
}

function commonTls(
  leafName: ResourceName,
  validation: ResourceName,
  tls: TlsSettings,
): MessageInitShape<typeof CommonTlsContextSchema> {
  return {
    tlsParams: {
      tlsMinimumProtocolVersion: TlsParameters_TlsProtocol[tls.tlsMinimum],
      tlsMaximumProtocolVersion: TlsParameters_TlsProtocol[tls.tlsMaximum],
      cipherSuites: [...tls.cipherSuites],
      ecdhCurves: [...tls.ecdhCurves],
    },
    tlsCertificateSdsSecretConfigs: [{ name: leafName, sdsConfig: ADS }],
    validationContextType: {
      case: 'validationContextSdsSecretConfig',
      value: { name: validation, sdsConfig: ADS },
    },
  }
}
