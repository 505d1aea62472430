/** Whether two proxies agree to talk: each presents its certificate and checks the other's. */
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import type { Cluster } from '../../../src/generated/envoy/config/cluster/v3/cluster_pb.js'
import type { FilterChain } from '../../../src/generated/envoy/config/listener/v3/listener_components_pb.js'
import {
  type CertificateValidationContext,
  SubjectAltNameMatcher_SanType,
} from '../../../src/generated/envoy/extensions/transport_sockets/tls/v3/common_pb.js'
import {
  type CommonTlsContext,
  type DownstreamTlsContext,
  DownstreamTlsContextSchema,
  type UpstreamTlsContext,
  UpstreamTlsContextSchema,
} from '../../../src/generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import type { DecodedProxy } from './decoded-proxy.ts'
import { matchString } from './match-string.ts'
import { Unsupported } from './unsupported.ts'

/** `undefined` for a cluster that sends plaintext. */
export function clientTls(cluster: Cluster): UpstreamTlsContext | undefined {
  const config = cluster.transportSocket?.configType
  return config?.case === 'typedConfig'
    ? anyUnpack(config.value, UpstreamTlsContextSchema)
    : undefined
}

function serverTls(chain: FilterChain): DownstreamTlsContext | undefined {
  const config = chain.transportSocket?.configType
  return config?.case === 'typedConfig'
    ? anyUnpack(config.value, DownstreamTlsContextSchema)
    : undefined
}

export interface Handshake {
  readonly client: DecodedProxy
  readonly server: DecodedProxy
  readonly cluster: Cluster
  readonly chain: FilterChain
}

/** What stood in the way, or `undefined`. Both sides must speak TLS: in this mesh nothing of the other kind is rendered. */
export function whyNoHandshake(handshake: Handshake): string | undefined {
  const { client, server, cluster, chain } = handshake
  const upstream = clientTls(cluster)
  const downstream = serverTls(chain)
  if (upstream === undefined || downstream === undefined) return 'one side does not speak TLS'
  if (!holdsLeaf(upstream.commonTlsContext, client)) return 'the client has another certificate'
  if (!holdsLeaf(downstream.commonTlsContext, server)) return 'the server has another certificate'
  if (!accepts(upstream.commonTlsContext, client, server)) return 'the client rejects the server'
  if (downstream.requireClientCertificate !== true) return 'the server asks for no certificate'
  if (!accepts(downstream.commonTlsContext, server, client)) return 'the server rejects the client'
  return undefined
}

/** A proxy has one leaf, its own: configuration that names another's waits for ever. */
function holdsLeaf(context: CommonTlsContext | undefined, own: DecodedProxy): boolean {
  const account = /\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(own.spiffeId)
  const name = `service-cert:${account?.[1]}/${account?.[2]}`
  const named = context?.tlsCertificateSdsSecretConfigs ?? []
  return named.length === 1 && named[0]?.name === name
}

function accepts(
  context: CommonTlsContext | undefined,
  judge: DecodedProxy,
  peer: DecodedProxy,
): boolean {
  const type = context?.validationContextType
  if (type?.case !== 'validationContextSdsSecretConfig')
    throw new Unsupported(`the validation context ${type?.case}`)
  const secret = judge.secrets.get(type.value.name)
  if (secret?.type.case !== 'validationContext') return false // Envoy waits for it, and serves nobody
  return vouches(secret.type.value, peer)
}

/** An empty list of names accepts every name: that is Envoy's rule, and the reason never to render one for a server. */
function vouches(context: CertificateValidationContext, peer: DecodedProxy): boolean {
  const { trustedCa, matchTypedSubjectAltNames: names } = context
  if (trustedCa?.specifier.case !== 'inlineString')
    throw new Unsupported('roots that are not inline')
  if (!trustedCa.specifier.value.includes(peer.issuedBy)) return false
  return (
    names.length === 0 ||
    names.some(({ sanType, matcher }) => {
      if (sanType !== SubjectAltNameMatcher_SanType.URI)
        throw new Unsupported(`SAN type ${sanType}`)
      return matchString(matcher, peer.spiffeId)
    })
  )
}
