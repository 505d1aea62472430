/** The other process of the benchmark: holds the simulated proxies, so that their work is not the server's. */
import type { ClientHttp2Session } from 'node:http2'
import { openRawClient, type RawClientOptions } from './raw-client.ts'

export interface ConnectCommand {
  readonly clients: readonly RawClientOptions[]
}

const sessions: ClientHttp2Session[] = []
/** Handshakes at once: more only wait for each other. */
const AT_ONCE = 32

process.on('message', (command: ConnectCommand) => void connectAll(command))
process.on('disconnect', () => process.exit(0))

async function connectAll({ clients }: ConnectCommand): Promise<void> {
  const queue = [...clients]
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await open(next)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  process.send?.('connected')
}

function open(options: RawClientOptions): Promise<void> {
  const session = openRawClient(options)
  sessions.push(session)
  session.on('error', (error) => {
    console.error('a simulated proxy lost its connection:', error.message)
    process.exit(1)
  })
  return new Promise((resolve) => session.once('connect', () => resolve()))
}
