/** The server on a real socket: who gets in, what they are told, and how streams end. */
import { connect as connectTls } from 'node:tls'
import { status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { AdsClient } from './support/ads-client.ts'
import { aResource } from './support/builders.ts'
import { WirePki } from './support/wire-pki.ts'
import { until, WireServer } from './support/wire-server.ts'

const AB = { cluster: { a: 'v1', b: 'v1' } }

describe('a proxy with a certificate of the mesh', () => {
  it('is told what its view holds, and again when that changes', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = wire.client()
    client.send('cluster', { nodeId: 'uid-1' })
    expect(await client.next()).toBe('cluster: a=v1, b=v1')
    client.ack('cluster')
    wire.publish({ web: { cluster: { a: 'v2' } } })
    expect(await client.next()).toBe('cluster: a=v2')
  })

  it('waits for the first publication, and is told nothing before it (row 18)', async () => {
    const wire = await new WireServer().listen()
    const client = wire.client()
    client.send('cluster')
    await until(
      () => wire.server.proxies()[0]?.view === undefined && wire.server.proxies().length > 0,
    )
    wire.publish({ web: AB })
    expect(await client.next()).toBe('cluster: a=v1, b=v1')
  })

  it('is told UNAVAILABLE when the first publication is long in coming', async () => {
    const wire = await new WireServer().listen()
    const client = wire.client()
    client.send('cluster')
    await until(() => wire.server.proxies().length > 0)
    await wire.clock.advance(10_000)
    await wire.clock.advance(5_500)
    expect(await client.ended).toMatchObject({ code: status.UNAVAILABLE })
  })

  it('may ask for a type that is not served: the stream goes on (row 2)', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = wire.client()
    client.send('cluster', { typeUrl: 'type.googleapis.com/envoy.service.runtime.v3.Runtime' })
    client.send('cluster')
    expect(await client.next()).toBe('cluster: a=v1, b=v1')
  })

  it('may connect twice, and both streams are served (row 17)', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const clients = [wire.client(), wire.client()]
    for (const client of clients) client.send('cluster')
    expect(await Promise.all(clients.map((client) => client.next()))).toEqual([
      'cluster: a=v1, b=v1',
      'cluster: a=v1, b=v1',
    ])
  })

  it('loses its oldest stream when it opens a third', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const first = wire.client()
    first.send('cluster')
    await first.next()
    for (const _later of [2, 3]) {
      const client = wire.client()
      client.send('cluster')
      await client.next()
    }
    expect(await first.ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
    expect(wire.server.proxies()).toHaveLength(2)
  })

  it('is told its own certificate, and each renewal of it', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: {} })
    const client = wire.client()
    const names = ['service-cert:shop/web']
    client.send('secret', { names })
    expect(await client.next()).toBe('secret: service-cert:shop/web=leaf 1')
    client.ack('secret', names)
    wire.source.renewals[0]?.(aResource('secret', 'service-cert:shop/web', 'leaf 2'))
    expect(await client.next()).toBe('secret: service-cert:shop/web=leaf 2')
  })

  it('is told its certificate late when the authority is out of reach at first', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: {} })
    const { issue } = wire.source
    wire.source.issue = () => Promise.reject(new Error('authority out of reach'))
    const client = wire.client()
    client.send('secret', { names: ['service-cert:shop/web'] })
    await until(() => wire.log.sentences.includes('warn: could not issue a proxy’s certificate'))
    wire.source.issue = issue
    await wire.clock.advance(1_000)
    expect(await client.next()).toBe('secret: service-cert:shop/web=leaf 1')
  })

  it('gets no certificate of another identity, and its asking is a security event', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: { secret: { 'service-cert:bank/vault': 'by mistake', roots: 'R' } } })
    const client = wire.client()
    client.send('secret', { names: ['service-cert:bank/vault', 'roots'] })
    expect(await client.next()).toBe('secret: roots=R')
    expect(wire.log.lines.find((line) => line.fields['security'])).toMatchObject({
      sentence: 'a proxy asked for the certificate of another identity',
      fields: { names: ['service-cert:bank/vault'] },
    })
  })
})

describe('a peer that is turned away', () => {
  const pki = new WirePki('second')
  const refusals: readonly [string, Parameters<WirePki['leaf']>[0], RegExp][] = [
    [
      'a workload’s certificate',
      { uris: ['spiffe://mesh.example/ns/shop/sa/web'] },
      /proxy’s ends in/,
    ],
    [
      'another trust domain',
      { uris: ['spiffe://evil.example/ns/shop/sa/web/proxy/u'] },
      /trust domain/,
    ],
    [
      'two identities in one certificate',
      {
        uris: [
          'spiffe://mesh.example/ns/shop/sa/web/proxy/u',
          'spiffe://mesh.example/ns/bank/sa/vault/proxy/u',
        ],
      },
      /exactly one/,
    ],
    ['no identity', { uris: [] }, /no/],
    ['a certificate that could sign others', { isCa: true }, /leaf|sign/],
  ]
  it.each(refusals)('has %s', async (_sentence, leaf, reason) => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = wire.client(wire.pki.leaf(leaf))
    client.send('cluster')
    const ended = await client.ended
    expect(ended).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: expect.stringMatching(reason),
    })
    expect(wire.log.lines).toMatchObject([
      { sentence: 'refused a peer', fields: { security: true } },
    ])
    expect(wire.server.proxies()).toEqual([])
  })

  const handshakes = [
    ['no certificate', (wire: WireServer) => ({ tls: { rootPem: wire.pki.rootPem } })],
    [
      'a certificate of another root',
      (wire: WireServer) => ({ tls: { rootPem: wire.pki.rootPem, identity: pki.leaf() } }),
    ],
    ['no TLS', () => ({})],
  ] as const
  it.each(handshakes)('has %s, and never reaches a stream', async (_sentence, options) => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = new AdsClient({ port: wire.port, ...options(wire) })
    client.send('cluster')
    expect(await client.ended).toMatchObject({ code: status.UNAVAILABLE })
    client.close()
    expect(wire.server.proxies()).toEqual([])
  })

  it('claims a node id that is not its certificate’s', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = wire.client()
    client.send('cluster', { nodeId: 'uid-2' })
    expect(await client.ended).toMatchObject({ code: status.PERMISSION_DENIED })
    expect(wire.log.lines.at(-1)).toMatchObject({ fields: { security: true, nodeId: 'uid-2' } })
  })

  it('is bound to no live pod', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    wire.source.admission = () => ({ type: 'refused', reason: 'pod uid-1 is of account db' })
    const refused = wire.client()
    expect(await refused.ended).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: 'pod uid-1 is of account db',
    })
    wire.source.admission = () => ({ type: 'unknown', reason: 'pod uid-1 is not known yet' })
    expect(await wire.client().ended).toMatchObject({ code: status.UNAVAILABLE })
  })

  it('had a pod until the last publication', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = wire.client()
    client.send('cluster')
    await client.next()
    wire.source.admission = () => ({ type: 'unknown', reason: 'pod uid-1 is gone' })
    wire.publish({ web: AB })
    expect(await client.ended).toMatchObject({
      code: status.UNAVAILABLE,
      details: 'pod uid-1 is gone',
    })
  })

  it('comes in a flood: new streams have a rate', async () => {
    const wire = await new WireServer({
      limits: { newStreamsBurst: 1, newStreamsPerSecond: 1 },
    }).listen()
    wire.publish({ web: AB })
    const first = wire.client()
    first.send('cluster')
    await first.next()
    expect(await wire.client().ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
    await wire.clock.advance(1_000)
    const third = wire.client()
    third.send('cluster')
    expect(await third.next()).toBe('cluster: a=v1, b=v1')
  })

  it('has as many connections as an address may have', async () => {
    const wire = await new WireServer({ limits: { maxConnectionsPerAddress: 1 } }).listen()
    wire.publish({ web: AB })
    const first = wire.client()
    first.send('cluster')
    await first.next()
    expect(await wire.client().ended).toMatchObject({ code: status.UNAVAILABLE })
    expect(await wire.metric('plumbline_xds_refused_total')).toContain(
      'reason="connectionsPerAddress"} 1',
    )
  })
})

describe('a request that cannot be served', () => {
  const requests: readonly [string, (client: AdsClient) => void, status][] = [
    [
      'without a type',
      (client) => client.send('cluster', { typeUrl: '' }),
      status.INVALID_ARGUMENT,
    ],
    [
      'that is no message',
      (client) => client.sendBytes(Buffer.of(0x0a, 0xff)),
      status.INVALID_ARGUMENT,
    ],
    [
      'with too many names',
      (client) => client.send('route', { names: Array.from({ length: 20_001 }, (_, n) => `${n}`) }),
      status.RESOURCE_EXHAUSTED,
    ],
    [
      'with a name that is too long',
      (client) => client.send('route', { names: ['a'.repeat(1_025)] }),
      status.RESOURCE_EXHAUSTED,
    ],
    [
      'above 1 MiB',
      (client) => client.sendBytes(Buffer.alloc(1024 * 1024 + 1)),
      status.RESOURCE_EXHAUSTED,
    ],
  ]
  it.each(requests)('%s ends the stream with its reason', async (_sentence, send, code) => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = wire.client()
    send(client)
    expect(await client.ended).toMatchObject({ code })
    await until(() => wire.server.proxies().length === 0)
  })
})

describe('a stream ends', () => {
  it('when the certificate that opened it does', async () => {
    const wire = await new WireServer({
      limits: { ackTimeoutMs: 1e9, firstRequestTimeoutMs: 1e9 },
    }).listen()
    wire.publish({ web: AB })
    const client = wire.client(wire.pki.leaf({ notAfter: Date.now() + 60_000 }))
    client.send('cluster')
    await client.next()
    await wire.clock.advance(58_000)
    expect(wire.server.proxies()).toHaveLength(1)
    await wire.clock.advance(2_500)
    expect(await client.ended).toMatchObject({ code: status.UNAUTHENTICATED })
  })

  it('when a response is not answered in time (row 16)', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = wire.client()
    client.send('cluster')
    await client.next()
    await wire.clock.advance(60_500)
    expect(await client.ended).toMatchObject({ code: status.DEADLINE_EXCEEDED })
    expect(await wire.metric('plumbline_xds_refused_total')).toContain('reason="ackTimeout"} 1')
  })

  it('when nothing is ever asked on it', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = wire.client()
    await until(() => wire.server.proxies().length === 1)
    await wire.clock.advance(10_500)
    expect(await client.ended).toMatchObject({ code: status.DEADLINE_EXCEEDED })
  })

  const endings: readonly [string, (client: AdsClient) => void][] = [
    ['cancels', (client) => client.close()],
    ['half-closes', (client) => client.halfClose()],
  ]
  it.each(endings)(
    'when the client %s, and nothing of it stays (row 17)',
    async (_sentence, end) => {
      const wire = await new WireServer().listen()
      wire.publish({ web: AB })
      const client = wire.client()
      client.send('cluster')
      await client.next()
      end(client)
      await until(() => wire.server.proxies().length === 0)
      expect(await wire.metric('plumbline_xds_proxies')).toContain('plumbline_xds_proxies 0')
    },
  )

  it('when the server closes: connections are told to go, and close() is over soon', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const client = wire.client()
    client.send('cluster')
    await client.next()
    await wire.server.close()
    expect(await client.ended).toMatchObject({
      code: status.UNAVAILABLE,
      details: 'the control plane is shutting down',
    })
    expect(wire.server.proxies()).toEqual([])
  })
})

describe('the server’s own certificate', () => {
  it('is replaced without a restart, and so are the roots it trusts', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const next = new WirePki('next root')
    const before = wire.client()
    before.send('cluster')
    await before.next()

    wire.server.rotate(next.server([wire.pki, next]))
    const after = wire.client(next.leaf(), {
      tls: { rootPem: next.rootPem, identity: next.leaf() },
    })
    after.send('cluster')
    expect(await after.next()).toBe('cluster: a=v1, b=v1')
    before.ack('cluster')
    wire.publish({ web: { cluster: { a: 'v2' } } })
    expect(await before.next()).toBe('cluster: a=v2')

    wire.server.rotate(next.server())
    const stale = new AdsClient({
      port: wire.port,
      tls: { rootPem: next.rootPem, identity: wire.pki.leaf() },
    })
    stale.send('cluster')
    expect(await stale.ended).toMatchObject({ code: status.UNAVAILABLE })
    stale.close()
  })
})

describe('a TLS session', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'is never resumed (%s): it would outlive the certificate that opened it',
    async (version) => {
      const wire = await new WireServer().listen()
      const { certPem, keyPem } = wire.pki.leaf()
      const handshake = (session?: Buffer) =>
        new Promise<{ readonly reused: boolean; readonly session: Buffer | undefined }>(
          (resolve) => {
            const socket = connectTls({
              host: '127.0.0.1',
              port: wire.port,
              ca: wire.pki.rootPem,
              cert: certPem,
              key: keyPem,
              ALPNProtocols: ['h2'],
              minVersion: version,
              maxVersion: version,
              checkServerIdentity: () => undefined,
              ...(session === undefined ? {} : { session }),
            })
            // The server's SETTINGS: by then whatever it sends for resumption has come.
            socket.once('data', () => {
              resolve({ reused: socket.isSessionReused(), session: socket.getSession() })
              socket.destroy()
            })
          },
        )
      const { session } = await handshake()
      expect((await handshake(session)).reused).toBe(false)
    },
  )
})

describe('without TLS', () => {
  it('it listens on loopback only', async () => {
    const wire = new WireServer({ plaintext: true })
    await expect(wire.server.listen({ host: '0.0.0.0', port: 0 })).rejects.toThrow(/loopback only/)
  })
})

describe('the work of a publication', () => {
  it('asks for each view once, however many proxies share it', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    for (const uid of ['u1', 'u2', 'u3']) {
      const client = wire.client(
        wire.pki.leaf({ uris: [`spiffe://mesh.example/ns/shop/sa/web/proxy/${uid}`] }),
      )
      client.send('cluster')
      await client.next()
      client.ack('cluster')
    }
    wire.source.asked.length = 0
    wire.publish({ web: { cluster: { a: 'v2' } } })
    await until(() => wire.source.asked.length > 0)
    expect(wire.source.asked).toEqual(['web'])
  })

  it('that fails for one view leaves the others theirs', async () => {
    const wire = await new WireServer().listen()
    wire.publish({ web: AB })
    const broken = wire.client(
      wire.pki.leaf({ uris: ['spiffe://mesh.example/ns/shop/sa/db/proxy/u9'] }),
    )
    const client = wire.client()
    client.send('cluster')
    expect(await client.next()).toBe('cluster: a=v1, b=v1')
    expect(await broken.ended).toMatchObject({ code: status.UNAVAILABLE })
  })
})
