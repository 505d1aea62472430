/** The bootstrap of a sidecar, field by field, and read by Envoy's own message definitions. */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createRegistry, fromJson, type JsonValue } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { readX509Svid } from '../../src/ca/x509-svid.ts'
import { BootstrapSchema } from '../../src/generated/envoy/config/bootstrap/v3/bootstrap_pb.js'
import { SecretSchema } from '../../src/generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js'
import { UpstreamTlsContextSchema } from '../../src/generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.js'
import { HttpProtocolOptionsSchema } from '../../src/generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js'
import { DiscoveryResponseSchema } from '../../src/generated/envoy/service/discovery/v3/discovery_pb.js'
import { type BootstrapRequest, toBootstrap } from '../../src/injector/bootstrap.ts'
import { type BootstrapFile, toBootstrapFiles } from '../../src/injector/bootstrap-files.ts'
import { issueBootstrap } from '../../src/injector/issue-bootstrap.ts'
import type { SpiffeId } from '../../src/model/spiffe-id.ts'
import { anAuthority, NEVER, TRUST_DOMAIN, toDer } from '../ca/an-authority.ts'
import { FakeClock } from '../support/fake-clock.ts'

const CONTROL_PLANE = 'spiffe://mesh.example/ns/plumbline-system/sa/plumbline' as SpiffeId
const registry = createRegistry(SecretSchema, UpstreamTlsContextSchema, HttpProtocolOptionsSchema)

function aRequest(host = '198.18.0.1'): BootstrapRequest {
  return {
    proxyUid: '7d3f',
    account: { namespace: 'bookbuyer', name: 'bookbuyer' },
    directory: '/etc/envoy',
    settings: {
      controlPlane: { host, port: 15128, spiffeId: CONTROL_PLANE },
      tlsMinimum: 'TLSv1_2',
      tlsMaximum: 'TLSv1_3',
    },
  }
}

const CREDENTIALS = {
  chainPem: 'the chain',
  keyPem: 'the key',
  bundle: { sequence: 2, rootsPem: ['root A\n', 'root B\n'] },
}

function contentOf(files: readonly BootstrapFile[], name: string): string {
  return files.find((file) => file.name === name)?.content ?? ''
}

/** As Envoy reads it: an unknown or misspelt field is an error. */
function readBootstrap(host?: string) {
  return fromJson(BootstrapSchema, toBootstrap(aRequest(host)) as JsonValue, { registry })
}

describe('the bootstrap', () => {
  it('says who the proxy is as its certificate does, and asks for everything over ADS', () => {
    const { node, dynamic_resources, admin } = toBootstrap(aRequest())
    const overAds = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' }
    expect({ node, admin, dynamic_resources }).toEqual({
      node: { id: '7d3f', cluster: 'bookbuyer.bookbuyer' },
      admin: { address: { socket_address: { address: '127.0.0.1', port_value: 15000 } } },
      dynamic_resources: {
        ads_config: {
          api_type: 'GRPC',
          transport_api_version: 'V3',
          set_node_on_first_message_only: true,
          grpc_services: [
            {
              envoy_grpc: {
                cluster_name: 'osm-controller',
                retry_policy: { retry_back_off: { base_interval: '0.5s', max_interval: '3s' } },
              },
            },
          ],
        },
        cds_config: overAds,
        lds_config: overAds,
      },
    })
  })

  it('is what Envoy means by a bootstrap', () => {
    const [cluster] = readBootstrap().staticResources?.clusters ?? []
    expect(cluster?.name).toBe('osm-controller')
    expect(Object.keys(cluster?.typedExtensionProtocolOptions ?? {})).toEqual([
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    ])
  })

  it.each([
    ['198.18.0.1', 'STATIC', undefined],
    ['2001:db8::1', 'STATIC', undefined],
    ['osm-controller.osm-system.svc', 'LOGICAL_DNS', 'osm-controller.osm-system.svc'],
    // Four numbers do not make an address: 999 is a name that nobody has.
    ['999.1.1.1', 'LOGICAL_DNS', '999.1.1.1'],
  ])('finds the control plane at %s as %s', (host, type, sni) => {
    const [cluster] = (toBootstrap(aRequest(host)) as unknown as ClustersOf).static_resources
      .clusters
    expect(cluster?.type).toBe(type)
    expect(cluster?.transport_socket.typed_config.sni).toBe(sni)
    expect(readBootstrap(host).staticResources?.clusters.length).toBe(1)
  })

  it('takes TLS versions as the mesh sets them', () => {
    const request = aRequest()
    const settings = { ...request.settings, tlsMinimum: 'TLSv1_3' as const }
    const text = JSON.stringify(toBootstrap({ ...request, settings }))
    expect(text).toContain(
      '"tls_params":{"tls_minimum_protocol_version":"TLSv1_3","tls_maximum_protocol_version":"TLSv1_3"}',
    )
  })
})

interface ClustersOf {
  readonly static_resources: {
    readonly clusters: readonly {
      readonly type: string
      readonly transport_socket: { readonly typed_config: { readonly sni?: string } }
    }[]
  }
}

describe('the files beside it', () => {
  const files = toBootstrapFiles(aRequest(), CREDENTIALS)

  it('are those of the Secret that OSM mounts, roots first, the key for its owner alone', () => {
    expect(files.map(({ name, mode }) => [name, mode.toString(8)])).toEqual([
      ['cacert.pem', '644'],
      ['validation_context_sds_secret.json', '644'],
      ['sds_key.pem', '600'],
      ['sds_cert.pem', '644'],
      ['tls_certificate_sds_secret.json', '644'],
      ['bootstrap.json', '644'],
    ])
  })

  it('hold the credentials, every root of the bundle among them, and the key once only', () => {
    expect(contentOf(files, 'cacert.pem')).toBe('root A\nroot B\n')
    expect(contentOf(files, 'sds_cert.pem')).toBe('the chain')
    expect(
      files.filter(({ content }) => content.includes('the key')).map(({ name }) => name),
    ).toEqual(['sds_key.pem'])
  })

  it('name the proxy’s own certificate by its files', () => {
    expect(JSON.parse(contentOf(files, 'tls_certificate_sds_secret.json'))).toEqual({
      resources: [
        {
          '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
          name: 'tls_sds',
          tls_certificate: {
            certificate_chain: { filename: '/etc/envoy/sds_cert.pem' },
            private_key: { filename: '/etc/envoy/sds_key.pem' },
          },
        },
      ],
    })
  })

  it('take configuration from the control plane’s exact identity only, not from any workload of the mesh', () => {
    expect(JSON.parse(contentOf(files, 'validation_context_sds_secret.json'))).toEqual({
      resources: [
        {
          '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
          name: 'validation_context_sds',
          validation_context: {
            trusted_ca: { filename: '/etc/envoy/cacert.pem' },
            match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: CONTROL_PLANE } }],
          },
        },
      ],
    })
  })

  it('are what Envoy means by secrets in a file', () => {
    for (const name of ['tls_certificate_sds_secret.json', 'validation_context_sds_secret.json']) {
      const response = JSON.parse(contentOf(files, name)) as JsonValue
      expect(fromJson(DiscoveryResponseSchema, response, { registry }).resources.length).toBe(1)
    }
  })
})

describe('issuing a bootstrap', () => {
  it('certifies the proxy by its uid, without a name that could be looked up', async () => {
    const clock = new FakeClock()
    const authority = await anAuthority({ clock })
    const request = { ...aRequest(), validityMs: 3_600_000 }
    const { files, notAfter } = await issueBootstrap(
      { authority, trustDomain: TRUST_DOMAIN, clock },
      request,
      NEVER,
    )
    const chainPem = contentOf(files, 'sds_cert.pem')
    expect(readX509Svid(toDer(chainPem))).toMatchObject({
      ok: true,
      value: {
        uri: 'spiffe://mesh.example/ns/bookbuyer/sa/bookbuyer/proxy/7d3f',
        dnsSans: [],
        notAfter,
      },
    })
    expect(notAfter).toBe(clock.now() + 3_600_000)
    const key = createPrivateKey(contentOf(files, 'sds_key.pem'))
    expect(new X509Certificate(chainPem).checkPrivateKey(key)).toBe(true)
    expect(contentOf(files, 'cacert.pem')).toBe(authority.bundle().rootsPem.join(''))
    expect(JSON.parse(contentOf(files, 'bootstrap.json'))).toEqual(toBootstrap(request))
  })
})
