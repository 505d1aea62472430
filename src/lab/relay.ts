/**
 * Carries connections from the lab's network to one address on the host: the inner process accepts them and hands the sockets
 * themselves to the outer process, which stays in the host's network. So an Envoy of the lab reaches a control plane outside it,
 * and nothing else outside is reachable.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, Socket } from 'node:net'
import { LabError } from './lab-error.ts'

const MESSAGE = { relay: 'control-plane' } as const

export interface RelayAddress {
  readonly host: string
  readonly port: number
}

/** In the lab: accepts at `at`, until the signal aborts. Throws `LabError` `NotInLab` where no outer process listens. */
export async function offerConnections(at: RelayAddress, signal: AbortSignal): Promise<void> {
  const { channel } = process
  if (channel === undefined)
    throw new LabError('NotInLab', 'there is no outer process to relay connections to')
  // Paused: a byte read here would be lost to the process that the socket goes to.
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {})
    process.send?.(MESSAGE, socket)
  })
  server.listen({ ...at, signal })
  await once(server, 'listening', { signal })
}

/** On the host: takes the sockets that `child` hands over and connects each to `to`. */
export function takeConnections(child: ChildProcess, to: RelayAddress): void {
  child.on('message', (message, handle) => {
    if (!isRelay(message) || !(handle instanceof Socket)) return
    join(handle, connect(to))
  })
}

function isRelay(message: unknown): boolean {
  return (message as { readonly relay?: unknown } | null)?.relay === MESSAGE.relay
}

/** Either side's end or error ends the other: Envoy then connects again, at its own pace. */
function join(inner: Socket, outer: Socket): void {
  for (const [one, other] of [
    [inner, outer],
    [outer, inner],
  ] as const) {
    one.setNoDelay()
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
    one.pipe(other)
  }
  inner.resume()
}
