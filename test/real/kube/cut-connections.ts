/** A way to the API server that can be cut and healed: what was sent meanwhile is held, and goes on then, as packets that are sent again do. */
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Cut {
  /** Leads to the API server by this way. */
  readonly kubeconfig: string
  cut(): void
  heal(): void
}

export async function aWayToCut(kubeconfig: string, server: string): Promise<Cut> {
  const target = new URL(server)
  const sockets = new Set<Socket>()
  let isCut = false
  const add = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }
  const front = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      add(from)
      from.on('data', (bytes) => to.write(bytes))
      from.on('end', () => to.end())
      if (isCut) from.pause()
    }
  })
  await once(front.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    front.close()
  })
  const { port } = front.address() as AddressInfo
  const file = `${kubeconfig}.cut`
  const text = await readFile(kubeconfig, 'utf8')
  await writeFile(file, text.replaceAll(server, `https://127.0.0.1:${port}`))
  return {
    kubeconfig: file,
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    heal: () => {
      isCut = false
      for (const socket of sockets) socket.resume()
    },
  }
}
