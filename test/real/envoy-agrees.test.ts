/**
 * The evaluator of test/support/envoy-evaluator says of a call what a real Envoy does with it: a server's inbound side, rendered from
 * random grants, is asked over mutual TLS by two clients, with paths that try to be two things at once.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { toLeafSecret } from '../../src/render/envoy/leaf-secret.ts'
import { toStaticConfig } from '../../src/render/envoy/to-static-config.ts'
import type { Outcome } from '../support/envoy-evaluator/evaluate-call.ts'
import type { HttpRequest } from '../support/envoy-evaluator/http-request.ts'
import { anAccount, anIntent, type GrantOptions } from '../support/intent-builders.ts'
import { anInventory } from '../support/inventory-builders.ts'
import { MeshAuthority, type MeshCertificate } from '../support/mesh-authority.ts'
import { realEnvoy, startEnvoy } from '../support/real-envoy.ts'
import { RenderedMesh, ROOT_PEM } from '../support/rendered-mesh.ts'

const MESHES = 6
const REQUESTS = 60
const CLIENTS = ['client/one', 'client/two'] as const
const HOST = 'x.shop'

const envoy = (await realEnvoy('whether the evaluator agrees with Envoy')) ?? ''
const authority = await MeshAuthority.open()

const anyGrants: fc.Arbitrary<readonly GrantOptions[]> = fc
  .array(
    fc.record({
      from: fc.subarray([...CLIENTS]),
      http: fc.array(
        fc.record({
          path: fc.constantFrom(
            '.*',
            '/a',
            '/a/.*',
            '/b?',
            '/(a|b)',
            '/[^a].*',
            '/a%20b',
            '/.*\\.css',
          ),
          methods: fc.constantFrom('*' as const, ['GET'] as const, ['POST', 'PUT'] as const),
          headers: fc.constantFrom({}, { role: 'r.*' }, { role: '' }, { ':authority': 'x[.]shop' }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((grants) =>
    grants.map(({ from, http }, index) => ({
      to: 'shop/x',
      name: `g${index}`,
      from,
      http: http.map((match, number) => ({ ...match, name: `m${index}-${number}` })),
    })),
  )

const anyRequest: fc.Arbitrary<{ from: (typeof CLIENTS)[number]; request: HttpRequest }> =
  fc.record({
    from: fc.constantFrom(...CLIENTS),
    request: fc.record({
      authority: fc.constantFrom(
        HOST,
        'x',
        'X.Shop',
        'x.shop.svc.cluster.local:80',
        'y.shop',
        'x.shop.',
      ),
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PROPFIND'),
      path: fc.constantFrom(
        ...[
          '/',
          '/a',
          '/a?x=/b',
          '/a/',
          '/a/b',
          '/b',
          '/%61',
          '/A',
          '/a%20b',
          '/style.css',
          '//a',
          '/a//b',
        ],
        ...[
          '/a/../b',
          '/a/%2e%2e/b',
          '/../b',
          '/a/./b',
          '/a/..',
          '/a%2fb',
          '/a%2Fb',
          '/a/..%5cb',
          '/a\\b',
        ],
        ...['/a/%2e', '/.../a', '/a;x=1', '/%2561', '/a/%zz', '/a/b/../../../b'],
      ),
      headers: fc.constantFrom({}, { role: 'root' }, { role: '' }, { role: 'x' }),
    }),
  })

function outcomeOf([outcome]: readonly Outcome[]): string {
  if (outcome?.type === 'delivered') return `200 ${outcome.path}`
  if (outcome?.type !== 'answered') throw new Error(`not an answer: ${outcome?.type}`)
  return outcome.by === 'server' ? String(outcome.status) : 'closed'
}

/** The request as it is, byte by byte: no client of ours would send such paths. */
async function ask(port: number, client: MeshCertificate, request: HttpRequest): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'x.shop.svc.cluster.local',
    ALPNProtocols: ['osm'],
    cert: client.chainPem,
    key: client.keyPem,
    ca: authority.rootPem,
    checkServerIdentity: () => undefined,
  })
  socket.setEncoding('utf8')
  socket.on('error', () => {}) // a reset is an answer here
  const headers = Object.entries({ ...request.headers, host: request.authority })
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  const answer = await readHead(socket)
  socket.destroy()
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(answer) ?? []
  if (status !== '200') return status ?? 'closed'
  return `200 ${/^x-seen-path: (.*)$/m.exec(answer)?.[1]?.trim()}`
}

/** Up to the end of the headers, or to the end of the connection. */
async function readHead(socket: TLSSocket): Promise<string> {
  let text = ''
  const closed = once(socket, 'close')
  const whole = new Promise<void>((resolve) => {
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\r\n\r\n')) resolve()
    })
  })
  await Promise.race([closed, whole])
  return text
}

/** The workload: says which path it was asked for. */
async function startWorkload(): Promise<number> {
  const server = createServer((request, response) => {
    response.setHeader('x-seen-path', request.url ?? '')
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Without redirection a connection's destination is the listener's own port, so that port is the target port. */
async function startServer(mesh: RenderedMesh, targetPort: number): Promise<void> {
  const account = anAccount('shop/x')
  const leaf = toLeafSecret({ account, ...(await authority.issue('shop/x')) })
  const config = toStaticConfig({ resources: mesh.resources('shop/x'), leaf })
  const workload = await startWorkload()
  const text = JSON.stringify(config)
    .replaceAll(JSON.stringify(ROOT_PEM), JSON.stringify(authority.rootPem))
    .replaceAll(
      `"address":"127.0.0.1","port_value":${targetPort}`,
      `"address":"127.0.0.1","port_value":${workload}`,
    )
    .replaceAll(
      '"address":"0.0.0.0","port_value":15003',
      `"address":"127.0.0.1","port_value":${targetPort}`,
    )
    .replaceAll('"port_value":15000', '"port_value":0')
  await startEnvoy(envoy, JSON.parse(text), targetPort)
}

/** Kinds of answers that real Envoys gave. */
const kinds = new Set<string>()

describe.skipIf(envoy === '')('a real Envoy', () => {
  it.each(Array.from({ length: MESHES }, (_, index) => index))(
    'does to every request what the evaluator says, in random mesh %i',
    async (index) => {
      const [grants = []] = fc.sample(anyGrants, { seed: 2026 + index, numRuns: 1 })
      const requests = fc.sample(anyRequest, { seed: 100 + index, numRuns: REQUESTS })
      const targetPort = await freePort()
      const mesh = new RenderedMesh({
        intent: anIntent({
          namespaces: ['shop', 'client'],
          // Both clients reach the service, whatever the random grants say.
          grants: [...grants, { to: 'shop/x', name: 'reach', from: CLIENTS, tcp: [1] }],
        }),
        inventory: anInventory({
          services: [{ name: 'shop/x', ports: [{ port: 80, targetPort }] }],
          pods: [{ account: 'shop/x' }, ...CLIENTS.map((account) => ({ account }))],
        }),
      })
      await startServer(mesh, targetPort)
      const certificates = {
        'client/one': await authority.issue('client/one'),
        'client/two': await authority.issue('client/two'),
      }
      const seen: string[] = []
      const said: string[] = []
      for (const { from, request } of requests) {
        const what = `${from} ${request.method} ${request.authority} ${request.path} ${JSON.stringify(request.headers)}`
        const answer = await ask(targetPort, certificates[from], request)
        kinds.add(answer.slice(0, 6).split(' ')[0] ?? '')
        seen.push(`${what}: ${answer}`)
        const outcomes = mesh.callServer({ from, to: 'shop/x', port: 80, request })
        said.push(`${what}: ${outcomeOf(outcomes)}`)
      }
      expect(seen).toEqual(said)
    },
    60_000,
  )

  it('was asked for everything that it can answer', () => {
    expect([...kinds].sort()).toEqual(['200', '400', '403', '404', 'closed'])
  })
})
