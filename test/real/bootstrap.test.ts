/**
 * A real Envoy starts from the files we write: it accepts them, reaches the control plane as the proxy that it is, takes
 * nobody else for the control plane, and presents a renewed certificate without a restart.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CertificateAuthority } from '../../src/ca/certificate-authority.ts'
import { type PeerIdentity, readPeerIdentity } from '../../src/ca/peer-identity.ts'
import type { BootstrapRequest } from '../../src/injector/bootstrap.ts'
import type { BootstrapFile } from '../../src/injector/bootstrap-files.ts'
import { issueBootstrap } from '../../src/injector/issue-bootstrap.ts'
import { findEnvoy } from '../../src/lab/envoy-binary.ts'
import { writeEnvoyFiles } from '../../src/lab/envoy-files.ts'
import type { Clock, Instant } from '../../src/model/clock.ts'
import type { SpiffeId } from '../../src/model/spiffe-id.ts'
import { anAuthority, aSigningRequest, NEVER, TRUST_DOMAIN } from '../ca/an-authority.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const CONTROL_PLANE = `spiffe://${TRUST_DOMAIN}/ns/plumbline-system/sa/plumbline` as SpiffeId
const WORKLOAD = `spiffe://${TRUST_DOMAIN}/ns/bookthief/sa/bookthief` as SpiffeId
const HOUR_MS = 3_600_000

const clock: Clock = {
  now: () => Date.now() as Instant,
  monotonic: () => performance.now(),
  sleep: () => Promise.resolve(),
}
const envoy = await envoyPath()

/** Said aloud, and on CI a failure: a suite that quietly skips proves nothing. */
async function envoyPath(): Promise<string | undefined> {
  try {
    return (await findEnvoy({ environment: process.env, fetch: true, progress: console.log })).path
  } catch (error) {
    const reason = `the bootstrap is not tried on a real Envoy: ${(error as Error).message}`
    if (process.env['CI']) throw new Error(reason, { cause: error })
    console.warn(reason)
    return undefined
  }
}

function aRequest(directory: string, host: string, port = 15128): BootstrapRequest {
  return {
    proxyUid: '7d3f',
    account: { namespace: 'bookbuyer', name: 'bookbuyer' },
    directory,
    settings: {
      controlPlane: { host, port, spiffeId: CONTROL_PLANE },
      tlsMinimum: 'TLSv1_2',
      tlsMaximum: 'TLSv1_3',
    },
  }
}

async function issueFiles(authority: CertificateAuthority, request: BootstrapRequest) {
  const issuer = { authority, trustDomain: TRUST_DOMAIN, clock }
  return (await issueBootstrap(issuer, { ...request, validityMs: HOUR_MS }, NEVER)).files
}

/** Each file is written under another name and renamed over the old one, in the order given. */
async function putInPlace(directory: string, files: readonly BootstrapFile[]): Promise<void> {
  for (const { name, mode, content } of files) {
    const temporary = join(directory, `.new-${name}`)
    await writeFile(temporary, content, { mode })
    await rename(temporary, join(directory, name))
  }
}

function putLinkInPlace(directory: string, files: readonly BootstrapFile[]): Promise<void> {
  return writeEnvoyFiles(directory, files, process.getuid?.() ?? 0)
}

/** The admin port is the host's, not a pod's: whatever is free. */
function withFreeAdminPort(files: readonly BootstrapFile[]): readonly BootstrapFile[] {
  return files.map((file) =>
    file.name === 'bootstrap.json'
      ? { ...file, content: file.content.replace('"port_value": 15000', '"port_value": 0') }
      : file,
  )
}

/** HTTP/2 over mTLS that answers nothing: enough to see who comes and what they ask. */
async function aServer(authority: CertificateAuthority, spiffeId: SpiffeId) {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const request = aSigningRequest({ spiffeId, dnsSans: [], publicKey: keys.publicKey })
  const server = createSecureServer({
    cert: (await authority.issue(request, NEVER)).chainPem,
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ca: [...authority.bundle().rootsPem],
    requestCert: true,
    rejectUnauthorized: true,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

function startEnvoy(directory: string): ChildProcess {
  const args = ['-c', join(directory, 'bootstrap.json'), '--use-dynamic-base-id']
  const child = spawn(envoy ?? '', [...args, '--concurrency', '1', '--log-level', 'error'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  return child
}

interface Caller {
  readonly path: string
  readonly identity: PeerIdentity
  readonly serial: string
  readonly close: () => void
}

async function nextStream(server: Http2SecureServer): Promise<Caller> {
  const [stream, headers] = await once(server, 'stream', { signal: AbortSignal.timeout(15_000) })
  const socket = stream.session.socket as TLSSocket
  const certificate = socket.getPeerCertificate()
  const identity = readPeerIdentity(certificate.raw, {
    trustDomain: TRUST_DOMAIN,
    now: clock.now(),
  })
  if (!identity.ok) throw new Error(identity.error.message)
  return {
    path: headers[':path'],
    identity: identity.value,
    serial: certificate.serialNumber,
    close: () => stream.session.destroy(),
  }
}

describe.skipIf(envoy === undefined)('a real Envoy', () => {
  it.each(['127.0.0.1', '::1', 'osm-controller.osm-system.svc.cluster.local'])(
    'finds nothing wrong with the bootstrap for %s',
    async (host) => {
      const directory = await temporaryDirectory()
      await putInPlace(
        directory,
        await issueFiles(await anAuthority({ clock }), aRequest(directory, host)),
      )
      const config = join(directory, 'bootstrap.json')
      const child = spawn(envoy ?? '', ['--mode', 'validate', '-c', config])
      let said = ''
      for await (const piece of child.stderr) said += piece
      for await (const piece of child.stdout) said += piece
      expect(said).toContain(`configuration '${config}' OK`)
      expect(said.match(/\[(?:warning|error|critical)\].*/g)).toBeNull()
    },
  )

  it.each([
    ['each file is renamed', putInPlace],
    ['a link to all of them is, as the kubelet does', putLinkInPlace],
  ])(
    'reaches the control plane as its pod, and with a renewed certificate when %s',
    async (_, put) => {
      const directory = await temporaryDirectory()
      const authority = await anAuthority({ clock })
      const { server, port } = await aServer(authority, CONTROL_PLANE)
      const request = aRequest(directory, '127.0.0.1', port)
      await put(directory, withFreeAdminPort(await issueFiles(authority, request)))
      startEnvoy(directory)
      const first = await nextStream(server)
      expect(first.path).toBe(
        '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
      )
      expect(first.identity).toMatchObject({
        account: { namespace: 'bookbuyer', name: 'bookbuyer' },
        proxyUid: '7d3f',
      })
      await put(directory, withFreeAdminPort(await issueFiles(authority, request)))
      // Envoy hears of the rename in its own time: it is asked to come back until it shows the new certificate.
      let latest = first
      for (let turns = 0; turns < 10 && latest.serial === first.serial; turns++) {
        latest.close()
        latest = await nextStream(server)
      }
      expect(latest.serial).not.toBe(first.serial)
      expect(latest.identity).toMatchObject({ proxyUid: '7d3f' })
      latest.close()
    },
  )

  it('takes no configuration from a workload of the same mesh, until the files name it', async () => {
    const directory = await temporaryDirectory()
    const authority = await anAuthority({ clock })
    const { server, port } = await aServer(authority, WORKLOAD)
    let streams = 0
    server.on('stream', () => streams++)
    const request = aRequest(directory, '127.0.0.1', port)
    await putLinkInPlace(directory, withFreeAdminPort(await issueFiles(authority, request)))
    startEnvoy(directory)
    for (let refused = 0; refused < 3; refused++) {
      const [error] = await once(server, 'tlsClientError', { signal: AbortSignal.timeout(15_000) })
      expect((error as Error).message).toMatch(/certificate/)
    }
    expect(streams).toBe(0)
    const controlPlane = { ...request.settings.controlPlane, spiffeId: WORKLOAD }
    const renamed = { ...request, settings: { ...request.settings, controlPlane } }
    await putLinkInPlace(directory, withFreeAdminPort(await issueFiles(authority, renamed)))
    const caller = await nextStream(server)
    expect(caller.identity).toMatchObject({ proxyUid: '7d3f' })
    caller.close()
  })
})
