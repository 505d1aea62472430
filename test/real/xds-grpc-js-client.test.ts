/** An independent xDS client, gRPC's own, against our server: it resolves, follows a swap under load, and rejects. */
import { create } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import {
  ChannelCredentials,
  Client,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceError,
} from '@grpc/grpc-js'
import { register } from '@grpc/grpc-js-xds'
import { describe, expect, it } from 'vitest'
import { ListenerSchema } from '../../src/generated/envoy/config/listener/v3/listener_pb.js'
import { RouterSchema } from '../../src/generated/envoy/extensions/filters/http/router/v3/router_pb.js'
import { HttpConnectionManagerSchema } from '../../src/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import type { EnvoyResource, ViewResources } from '../../src/render/envoy/envoy-resource.ts'
import type { CommitOf } from '../../src/xds/enforcement.ts'
import {
  ADS,
  aCluster,
  aRoute,
  endpointsOf,
  mapOf,
  resource,
} from '../xds/support/envoy-messages.ts'
import { WireServer } from '../xds/support/wire-server.ts'

const NEVER = new AbortController().signal
const asItIs = (bytes: Buffer): Buffer => bytes

const WHO = {
  path: '/test.Who/Are',
  requestStream: false,
  responseStream: false,
  requestSerialize: asItIs,
  requestDeserialize: asItIs,
  responseSerialize: asItIs,
  responseDeserialize: asItIs,
} satisfies MethodDefinition<Buffer, Buffer>

function answerWith(name: string): handleUnaryCall<Buffer, Buffer> {
  return (_call, answer) => answer(null, Buffer.from(name))
}

/** A gRPC server that answers with its own name. */
function aBackend(name: string): Promise<number> {
  const server = new Server()
  server.addService({ are: WHO }, { are: answerWith(name) })
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  )
}

function aListener(): EnvoyResource {
  const manager = create(HttpConnectionManagerSchema, {
    routeSpecifier: { case: 'rds', value: { configSource: ADS, routeConfigName: 'routes' } },
    httpFilters: [
      {
        name: 'router',
        configType: { case: 'typedConfig', value: anyPack(RouterSchema, create(RouterSchema)) },
      },
    ],
  })
  return resource('listener', 'who', ListenerSchema, {
    name: 'who',
    apiListener: { apiListener: anyPack(HttpConnectionManagerSchema, manager) },
  })
}

/** One route to one cluster; whatever else the mesh had is gone. */
function meshTo(cluster: string, port: number, weight?: number): ViewResources {
  return {
    cluster: mapOf(aCluster(cluster)),
    endpoint: mapOf(endpointsOf(cluster, port)),
    listener: mapOf(aListener()),
    route: mapOf(aRoute(cluster, weight)),
    secret: mapOf(),
  }
}

class Caller {
  readonly #client = new Client('xds:///who', ChannelCredentials.createInsecure())
  readonly failures: ServiceError[] = []
  readonly answers: string[] = []

  call(): Promise<void> {
    return new Promise((resolve) => {
      const options = { deadline: Date.now() + 10_000 }
      this.#client.makeUnaryRequest(
        WHO.path,
        asItIs,
        asItIs,
        Buffer.alloc(0),
        options,
        (error, answer) => {
          if (error) this.failures.push(error)
          else this.answers.push(answer?.toString() ?? '')
          resolve()
        },
      )
    })
  }

  /** gRPC ACKs a route before it has connected to the new cluster, and calls go to the old one meanwhile. */
  async callUntil(answer: string): Promise<void> {
    do await this.call()
    while (this.answers.at(-1) !== answer && this.failures.length === 0)
  }

  /** Eight calls at a time, until told to stop. */
  async underLoad(until: Promise<unknown>): Promise<void> {
    let running = true
    void until.finally(() => {
      running = false
    })
    const worker = async () => {
      while (running) await this.call()
    }
    await Promise.all(Array.from({ length: 8 }, worker))
  }

  close(): void {
    this.#client.close()
  }
}

describe('gRPC’s own xDS client', () => {
  it('resolves, follows swaps under load with no call lost, and calls on through a rejected route', async () => {
    const [one = 0, two = 0] = await Promise.all(['one', 'two'].map(aBackend))
    const wire = await new WireServer({ plaintext: true }).listen()
    const publish = (view: ViewResources): CommitOf => {
      wire.source.views.set('web', view)
      return wire.publish({})
    }
    process.env['GRPC_XDS_BOOTSTRAP_CONFIG'] = JSON.stringify({
      xds_servers: [
        {
          server_uri: `127.0.0.1:${wire.port}`,
          channel_creds: [{ type: 'insecure' }],
          server_features: ['xds_v3'],
        },
      ],
      node: { id: 'uid-1', locality: {} },
    })
    register()
    publish(meshTo('cluster-one', one))
    const caller = new Caller()
    await caller.call()
    expect(caller.failures).toEqual([])
    expect(caller.answers).toEqual(['one'])

    // A swap under load: the route moves to another cluster, and the first cluster vanishes in the same commit.
    const swapped = publish(meshTo('cluster-two', two))
    await caller.underLoad(wire.server.settled(swapped, NEVER))
    expect(caller.failures).toEqual([])
    expect(wire.server.enforcement(swapped)).toMatchObject({ state: 'enforced', touched: 1 })
    await caller.callUntil('two')

    // And back, twenty times, as fast as each is enforced.
    for (let n = 0; n < 20; n++) {
      const [name, port] = n % 2 === 0 ? ['cluster-one', one] : ['cluster-two', two]
      const commit = publish(meshTo(String(name), Number(port)))
      await caller.underLoad(wire.server.settled(commit, NEVER))
    }
    await caller.callUntil('two')
    expect(caller.failures).toEqual([])

    // A route that gRPC rejects: the commit is rejected with its words, and calls go on as before.
    const bad = publish(meshTo('cluster-two', two, 0))
    const rejected = await wire.server.settled(bad, NEVER)
    expect(rejected).toMatchObject({
      state: 'rejected',
      nacked: [{ type: 'route', name: 'routes', error: expect.stringMatching(/weight/i) }],
    })
    await caller.call()
    expect(caller.failures).toEqual([])
    expect(caller.answers.at(-1)).toBe('two')

    // Mended by the next commit.
    const mended = publish(meshTo('cluster-one', one))
    expect(await wire.server.settled(mended, NEVER)).toMatchObject({ state: 'enforced' })
    await caller.callUntil('one')
    expect(caller.failures).toEqual([])
    caller.close()
  })
})
