/** A real Envoy against our server over mTLS: swaps under load lose no request, and *enforced* is true of traffic. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Agent, createServer, get } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ListenerSchema } from '../../src/generated/envoy/config/listener/v3/listener_pb.js'
import { RouterSchema } from '../../src/generated/envoy/extensions/filters/http/router/v3/router_pb.js'
import { HttpConnectionManagerSchema } from '../../src/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { findEnvoy } from '../../src/lab/envoy-binary.ts'
import type { EnvoyResource, ViewResources } from '../../src/render/envoy/envoy-resource.ts'
import type { CommitOf } from '../../src/xds/enforcement.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import {
  ADS,
  aCluster,
  aRoute,
  endpointsOf,
  mapOf,
  resource,
} from '../xds/support/envoy-messages.ts'
import type { WirePki } from '../xds/support/wire-pki.ts'
import { until, WireServer } from '../xds/support/wire-server.ts'

const NEVER = new AbortController().signal
const SWAPS = 20
const envoy = await envoyPath()

/** Said aloud, and on CI a failure: a suite that quietly skips proves nothing. */
async function envoyPath(): Promise<string | undefined> {
  try {
    return (await findEnvoy({ environment: process.env, fetch: true, progress: console.log })).path
  } catch (error) {
    const reason = `the xDS server is not tried on a real Envoy: ${(error as Error).message}`
    if (process.env['CI']) throw new Error(reason, { cause: error })
    console.warn(reason)
    return undefined
  }
}

/** An HTTP server that answers with its own name. */
async function aBackend(name: string): Promise<number> {
  const server = createServer((_request, response) => response.end(name)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function aFreePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

function aListener(port: number): EnvoyResource {
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: 'in',
    routeSpecifier: { case: 'rds', value: { configSource: ADS, routeConfigName: 'routes' } },
    httpFilters: [
      {
        name: 'router',
        configType: { case: 'typedConfig', value: anyPack(RouterSchema, create(RouterSchema)) },
      },
    ],
  })
  const portSpecifier = { case: 'portValue', value: port } as const
  return resource('listener', 'in', ListenerSchema, {
    name: 'in',
    address: { address: { case: 'socketAddress', value: { address: '127.0.0.1', portSpecifier } } },
    filterChains: [
      {
        filters: [
          {
            name: 'http',
            configType: {
              case: 'typedConfig',
              value: anyPack(HttpConnectionManagerSchema, manager),
            },
          },
        ],
      },
    ],
  })
}

function bootstrap(xdsPort: number, adminSocket: string, pki: WirePki): object {
  const { certPem, keyPem } = pki.leaf()
  const tls = {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    common_tls_context: {
      tls_certificates: [
        { certificate_chain: { inline_string: certPem }, private_key: { inline_string: keyPem } },
      ],
      validation_context: { trusted_ca: { inline_string: pki.rootPem } },
    },
  }
  const http2 = {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  }
  const address = { socket_address: { address: '127.0.0.1', port_value: xdsPort } }
  return {
    node: { id: 'uid-1', cluster: 'test' },
    admin: { address: { pipe: { path: adminSocket } } },
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      cds_config: { ads: {}, resource_api_version: 'V3' },
      lds_config: { ads: {}, resource_api_version: 'V3' },
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          type: 'STATIC',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2,
          },
          transport_socket: { name: 'tls', typed_config: tls },
          load_assignment: {
            cluster_name: 'xds',
            endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
          },
        },
      ],
    },
  }
}

/** Starts Envoy, and answers where its admin interface is. */
async function startEnvoy(wire: WireServer): Promise<string> {
  const directory = await temporaryDirectory()
  const adminSocket = join(directory, 'admin.sock')
  const config = join(directory, 'envoy.json')
  await writeFile(config, JSON.stringify(bootstrap(wire.port, adminSocket, wire.pki)))
  const child = spawn(
    envoy ?? '',
    ['-c', config, '--use-dynamic-base-id', '--concurrency', '2', '--log-level', 'warning'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  onTestFinished(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null) await once(child, 'exit')
  })
  return adminSocket
}

interface Answer {
  readonly status: number
  readonly body: string
}

const agent = new Agent({ keepAlive: true })

function ask(
  options: { readonly port: number } | { readonly socketPath: string; readonly path: string },
) {
  return new Promise<Answer>((resolve) => {
    const request = get({ host: '127.0.0.1', agent, ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('error', (error) => resolve({ status: 0, body: error.message }))
  })
}

/** Eight requests at a time until the work is done; answers those that failed. */
async function underLoad(port: number, work: () => Promise<void>): Promise<readonly Answer[]> {
  const failures: Answer[] = []
  let running = true
  const worker = async (): Promise<void> => {
    while (running) {
      const answer = await ask({ port })
      if (answer.status !== 200) failures.push(answer)
    }
  }
  const workers = Promise.all(Array.from({ length: 8 }, worker))
  await work().finally(() => {
    running = false
  })
  await workers
  return failures
}

describe.skipIf(envoy === undefined)('a real Envoy', () => {
  it('swaps route and cluster under load with no request lost, obeys each commit that is enforced, and keeps what works of a rejected one', {
    timeout: 60_000,
  }, async () => {
    const [one, two, moved, port] = await Promise.all([
      ...['one', 'two', 'moved'].map(aBackend),
      aFreePort(),
    ])
    const meshTo = (cluster: string, backend = 0, weight?: number): ViewResources => ({
      cluster: mapOf(aCluster(cluster)),
      endpoint: mapOf(endpointsOf(cluster, backend)),
      listener: mapOf(aListener(port ?? 0)),
      route: mapOf(aRoute(cluster, weight)),
      secret: mapOf(),
    })
    const wire = await new WireServer().listen()
    const publish = (view: ViewResources): CommitOf => {
      wire.source.views.set('web', view)
      return wire.publish({})
    }
    const address = { port: port ?? 0 }
    publish(meshTo('cluster-one', one))
    const adminSocket = await startEnvoy(wire)
    await until(() => wire.server.proxies()[0]?.converged === true)
    expect(await ask(address)).toEqual({ status: 200, body: 'one' })

    // Each commit moves the route to a cluster it brings, and takes away the other.
    const obeyed: string[] = []
    const failures = await underLoad(address.port, async () => {
      for (let n = 0; n < SWAPS; n++) {
        const isOdd = n % 2 === 1
        const commit = publish(meshTo(isOdd ? 'cluster-one' : 'cluster-two', isOdd ? one : two))
        const { state } = await wire.server.settled(commit, NEVER)
        const { body } = await ask(address)
        obeyed.push(`${state} ${body}`)
      }
    })
    expect(failures).toEqual([])
    expect(obeyed).toEqual(
      Array.from({ length: SWAPS }, (_, n) => `enforced ${n % 2 === 1 ? 'one' : 'two'}`),
    )

    // Endpoints alone move.
    await wire.server.settled(publish(meshTo('cluster-one', moved)), NEVER)
    expect(await ask(address)).toEqual({ status: 200, body: 'moved' })

    // A route that Envoy rejects, to a cluster that is new: the old cluster stays, as the old route does.
    const rejected = await wire.server.settled(publish(meshTo('cluster-two', two, 0)), NEVER)
    expect(rejected).toMatchObject({
      state: 'rejected',
      nacked: [{ type: 'route', name: 'routes', error: expect.stringMatching(/weight/i) }],
    })
    expect(await ask(address)).toEqual({ status: 200, body: 'moved' })

    await wire.server.settled(publish(meshTo('cluster-two', two)), NEVER)
    expect(await ask(address)).toEqual({ status: 200, body: 'two' })
    const path = '/stats?filter=(cds|lds|rds.*)%5C.update_rejected|warming_clusters|active_clusters'
    const { body } = await ask({ socketPath: adminSocket, path })
    expect(body.trim().split('\n').sort()).toEqual([
      'cluster_manager.active_clusters: 2',
      'cluster_manager.cds.update_rejected: 0',
      'cluster_manager.warming_clusters: 0',
      'http.in.rds.routes.update_rejected: 1',
      'listener_manager.lds.update_rejected: 0',
    ])
  })
})
