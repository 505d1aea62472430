/** An API server behind TLS whose connections are not taken further than TCP until the test lets them. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { storedMap } from '../../support/kubernetes-world.ts'
import { MeshAuthority } from '../../support/mesh-authority.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

export interface SlowTlsServer {
  readonly server: {
    readonly kubeconfig: string
    /** Of the requests about objects. */
    readonly methods: readonly string[]
    /** Connections that wait to be let in. */
    waiting(): number
  }
  /** Lets in those that wait. */
  readonly release: () => void
}

const CONFIG_MAPS = { resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] }

export async function aSlowTlsServer(): Promise<SlowTlsServer> {
  const methods: string[] = []
  const { chainPem, keyPem } = await (await MeshAuthority.open()).issue('plumbline/server')
  const behind = createHttpsServer({ cert: chainPem, key: keyPem }, (request, response) => {
    const isDiscovery = request.url === '/api/v1'
    if (!isDiscovery) methods.push(request.method ?? '')
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isDiscovery ? CONFIG_MAPS : storedMap('m', '7')))
  })
  const target = await listen(behind)
  const waiting: Socket[] = []
  const front = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    waiting.push(socket)
  })
  const port = await listen(front)
  onTestFinished(() => {
    for (const socket of waiting) socket.destroy()
    behind.closeAllConnections()
    behind.close()
    front.close()
  })
  const release = (): void => {
    for (const socket of waiting.splice(0)) {
      const onward = connect(target, '127.0.0.1')
      onward.on('error', () => socket.destroy())
      socket.pipe(onward).pipe(socket)
    }
  }
  const kubeconfig = await writeKubeconfig(port)
  return { server: { kubeconfig, methods, waiting: () => waiting.length }, release }
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

async function writeKubeconfig(port: number): Promise<string> {
  const file = join(await temporaryDirectory(), 'kubeconfig')
  const cluster = { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true }
  const config = {
    clusters: [{ name: 'slow', cluster }],
    users: [{ name: 'somebody', user: { token: 'a-secret-token' } }],
    contexts: [{ name: 'one', context: { cluster: 'slow', user: 'somebody' } }],
    'current-context': 'one',
  }
  await writeFile(file, JSON.stringify(config))
  return file
}
