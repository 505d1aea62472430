/** From publish() to *enforced*, over real sockets: several proxies, their ACKs and NACKs. */
import { connect } from 'node:http2'
import { create, toBinary } from '@bufbuild/protobuf'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DiscoveryRequestSchema } from '../../src/generated/envoy/service/discovery/v3/discovery_pb.js'
import { type ResourceType, TYPE_URLS } from '../../src/render/envoy/envoy-resource.ts'
import type { CommitOf } from '../../src/xds/enforcement.ts'
import type { AdsClient } from './support/ads-client.ts'
import { until, WireServer } from './support/wire-server.ts'

const NEVER = new AbortController().signal

/** A proxy of an account that asked for this type, and ACKed the first answer. */
async function connected(
  wire: WireServer,
  uid: string,
  options: { account?: string; type?: ResourceType; names?: readonly string[] } = {},
): Promise<AdsClient> {
  const { account = 'web', type = 'route', names = ['r'] } = options
  const client = wire.client(
    wire.pki.leaf({ uris: [`spiffe://mesh.example/ns/shop/sa/${account}/proxy/${uid}`] }),
  )
  client.send(type, { names })
  await client.next()
  client.ack(type, names)
  await until(() => wire.server.proxies().find(({ proxy }) => proxy === uid)?.converged === true)
  return client
}

async function started(): Promise<WireServer> {
  const wire = await new WireServer().listen()
  wire.publish({ web: { route: { r: 'v1' } }, db: { route: { r: 'v1' } } })
  return wire
}

const stateOf = (wire: WireServer, commit: CommitOf) => wire.server.enforcement(commit)?.state

describe('a commit that is published', () => {
  it('is enforced once every proxy that it touches has ACKed, and touches no other', async () => {
    const wire = await started()
    const web = [await connected(wire, 'w1'), await connected(wire, 'w2')]
    const db = await connected(wire, 'd1', { account: 'db' })
    const commit = wire.publish({ web: { route: { r: 'v2' } } })
    for (const client of web) {
      expect(await client.next()).toBe('route: r=v2')
      expect(stateOf(wire, commit)).toBe('enforcing')
      client.ack('route', ['r'])
    }
    expect(await wire.server.settled(commit, NEVER)).toMatchObject({
      state: 'enforced',
      touched: 2,
      acked: 2,
    })
    expect(db.waiting).toBe(0)
  })

  it('with the same content for everybody is enforced at once', async () => {
    const wire = await started()
    const web = await connected(wire, 'w1')
    const commit = wire.publish({ web: { route: { r: 'v1' } } })
    expect(wire.server.enforcement(commit)).toMatchObject({ state: 'enforced', touched: 0 })
    expect(web.waiting).toBe(0)
  })

  it('is enforced on routes that are asked for only after the listener is ACKed', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: { listener: { l: 'v1' }, route: {} } })
    const client = await connected(wire, 'w1', { type: 'listener', names: [] }).catch(
      () => undefined,
    )
    expect(client).toBeDefined()
  })

  it('does not wait for a proxy that disconnects', async () => {
    const wire = await started()
    const web = await connected(wire, 'w1')
    const commit = wire.publish({ web: { route: { r: 'v2' } } })
    await web.next()
    web.close()
    expect(await wire.server.settled(commit, NEVER)).toMatchObject({
      state: 'enforced',
      touched: 0,
    })
  })

  it('tells whoever listens how it ended, with the convergence among the metrics', async () => {
    const wire = await started()
    const web = await connected(wire, 'w1')
    const ended: string[] = []
    const listening = new AbortController()
    wire.server.onEnforcement(({ state }) => ended.push(state), listening.signal)
    const commit = wire.publish({ web: { route: { r: 'v2' } } })
    await web.next()
    web.ack('route', ['r'])
    await wire.server.settled(commit, NEVER)
    listening.abort()
    wire.publish({})
    expect(ended).toEqual(['enforced'])
    expect(await wire.metric('plumbline_xds_convergence_seconds')).toContain(
      'plumbline_xds_convergence_seconds_count 1',
    )
    expect(await wire.metric('plumbline_xds_acks_total')).toContain('{type="route"} 2')
  })
})

describe('a commit that a proxy rejects', () => {
  it('is rejected, and names resource, reason and policy line', async () => {
    const wire = await started()
    const web = await connected(wire, 'w1')
    const commit = wire.publish({ web: { route: { r: 'bad' } } })
    await web.next()
    web.nack('route', 'r: unknown cluster', ['r'])
    expect(await wire.server.settled(commit, NEVER)).toMatchObject({
      state: 'rejected',
      touched: 1,
      acked: 0,
      nacked: [
        {
          proxy: 'w1',
          type: 'route',
          name: 'r',
          error: 'r: unknown cluster',
          origins: [{ file: 'policies/r.yaml', line: 1, column: 1 }],
        },
      ],
    })
    expect(wire.log.sentences).toContain('warn: a proxy rejected its configuration')
  })

  it('is kept from proxies that connect later: they get the last that worked', async () => {
    const wire = await started()
    const web = await connected(wire, 'w1')
    const commit = wire.publish({ web: { route: { r: 'bad' } } })
    await web.next()
    web.nack('route', 'r: unknown cluster', ['r'])
    await wire.server.settled(commit, NEVER)
    const late = wire.client(
      wire.pki.leaf({ uris: ['spiffe://mesh.example/ns/shop/sa/web/proxy/w2'] }),
    )
    late.send('route', { names: ['r'] })
    expect(await late.next()).toBe('route: r=v1')
  })

  it('is let through when another proxy of the view accepts it', async () => {
    const wire = await started()
    const odd = await connected(wire, 'w1')
    const sound = await connected(wire, 'w2')
    const commit = wire.publish({ web: { route: { r: 'v2' } } })
    await Promise.all([odd.next(), sound.next()])
    odd.nack('route', 'r: no', ['r'])
    expect(await odd.next()).toBe('route: r=v1')
    sound.ack('route', ['r'])
    odd.ack('route', ['r'])
    expect(await wire.server.settled(commit, NEVER)).toMatchObject({
      state: 'rejected',
      touched: 2,
      acked: 1,
      waitingFor: ['w1'],
    })
    const late = wire.client(
      wire.pki.leaf({ uris: ['spiffe://mesh.example/ns/shop/sa/web/proxy/w3'] }),
    )
    late.send('route', { names: ['r'] })
    expect(await late.next()).toBe('route: r=v2')
  })

  it('is mended by the next one', async () => {
    const wire = await started()
    const web = await connected(wire, 'w1')
    const bad = wire.publish({ web: { route: { r: 'bad' } } })
    await web.next()
    web.nack('route', 'r: no', ['r'])
    expect(await web.next()).toBe('route: r=v1')
    web.ack('route', ['r'])
    await wire.server.settled(bad, NEVER)
    const mended = wire.publish({ web: { route: { r: 'v3' } } })
    expect(await web.next()).toBe('route: r=v3')
    web.ack('route', ['r'])
    expect(await wire.server.settled(mended, NEVER)).toMatchObject({ state: 'enforced', acked: 1 })
  })
})

describe('the list of proxies', () => {
  it('says who is connected, and how far each of them is', async () => {
    const wire = await started()
    const web = await connected(wire, 'w1')
    wire.publish({ web: { route: { r: 'v2', other: 'v1' } } })
    await web.next()
    const [proxy] = wire.server.proxies()
    expect(proxy).toMatchObject({
      proxy: 'w1',
      account: 'shop/web',
      view: 'web',
      converged: false,
      types: { route: { subscribed: 1, unanswered: true, rejected: [], notAsked: ['other'] } },
    })
    expect(proxy?.types.route.sent).not.toBe(proxy?.types.route.acked)
    expect(proxy?.types.cluster).not.toHaveProperty('subscribed')
  })
})

/** A proxy that asks, and then reads nothing: HTTP/2's window fills, and stays full. */
async function stuckProxy(
  wire: WireServer,
  uid: string,
): Promise<{ readonly cut: Promise<unknown> }> {
  const { certPem, keyPem } = wire.pki.leaf({
    uris: [`spiffe://mesh.example/ns/shop/sa/web/proxy/${uid}`],
  })
  const session = connect(`https://127.0.0.1:${wire.port}`, {
    ca: wire.pki.rootPem,
    cert: certPem,
    key: keyPem,
    checkServerIdentity: () => undefined,
  })
  session.on('error', () => {})
  onTestFinished(() => session.destroy())
  const stream = session.request({
    ':method': 'POST',
    ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.on('error', () => {})
  const request = toBinary(
    DiscoveryRequestSchema,
    create(DiscoveryRequestSchema, { typeUrl: TYPE_URLS.route, resourceNames: ['r'] }),
  )
  const header = Buffer.alloc(5)
  header.writeUInt32BE(request.length, 1)
  stream.write(Buffer.concat([header, request]))
  await until(() => wire.server.proxies().some(({ proxy }) => proxy === uid))
  return { cut: new Promise((resolve) => session.once('close', resolve)) }
}

describe('a proxy that stops reading (row 16)', () => {
  it('costs one response, is cut off, and disturbs no other', async () => {
    const wire = await new WireServer({ limits: { ackTimeoutMs: 1_000 } }).listen()
    const big = 'x'.repeat(2_000_000)
    wire.publish({ web: { route: { r: `first ${big}` } } })
    const stuck = await stuckProxy(wire, 'w1')
    const sound = await connected(wire, 'w2')
    for (let n = 0; n < 20; n++) wire.publish({ web: { route: { r: `${n} ${big}` } } })
    expect(await sound.next()).toMatch(/^route: r=0 x/)
    sound.ack('route', ['r'])
    expect(await sound.next()).toMatch(/^route: r=19 x/)
    sound.ack('route', ['r'])
    await until(() => wire.server.proxies().find(({ proxy }) => proxy === 'w2')?.converged === true)
    expect(await wire.metric('plumbline_xds_pushes_total')).toContain('{type="route"} 4')
    await wire.clock.advance(1_500)
    expect(wire.server.proxies().map(({ proxy }) => proxy)).toEqual(['w2'])
    await wire.clock.advance(1_000)
    await stuck.cut
  })
})
