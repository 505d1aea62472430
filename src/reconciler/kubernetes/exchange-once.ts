/** One request on one connection, and the whole of its answer. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'

/** A page of 500 objects of the largest size etcd takes is far above this; one of policies is far below. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024

/** The server closed an idle connection as we took it up again: it has not seen the request. */
export class StaleConnection extends Error {}

/** Resolves when the answer begins. `maySend` is called when a connection is ready: when it throws, nothing is sent. */
export function exchangeOnce(
  options: RequestOptions,
  body: string | undefined,
  maySend: (() => void) | undefined,
): Promise<IncomingMessage> {
  const request = options.protocol === 'http:' ? httpRequest : httpsRequest
  return new Promise((resolve, reject) => {
    const sent = request(options)
    sent.once('response', resolve)
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = sent.reusedSocket && error.code === 'ECONNRESET'
      reject(isStale ? new StaleConnection(error.message, { cause: error }) : error)
    })
    if (maySend === undefined) sent.end(body)
    else onceConnected(sent, () => sendIf(maySend, sent, body))
  })
}

/** By events: an async iterator over the chunks takes half as long again as all the rest of reading. */
export function readAll(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength
      if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk)
      else answer.destroy(new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`))
    })
    answer.once('end', () => resolve(Buffer.concat(chunks, bytes).toString('utf8')))
    answer.once('error', reject)
    answer.once('close', () => reject(new Error('the answer was cut off')))
  })
}

/** A request waits for one of the connections to come free, or for a new one to be made, and nothing leaves before its end is written. */
function onceConnected(sent: ClientRequest, send: () => void): void {
  sent.once('socket', (socket: Socket) => {
    if (isShakingHands(socket)) socket.once('secureConnect', send)
    else if (socket.connecting) socket.once('connect', send)
    else send()
  })
}

/** Node says so since version 11, and its types do not; the protocol and the cipher read as if it were over. */
function isShakingHands(socket: Socket): boolean {
  return 'secureConnecting' in socket && socket.secureConnecting === true
}

function sendIf(maySend: () => void, sent: ClientRequest, body: string | undefined): void {
  try {
    maySend()
  } catch (error) {
    sent.destroy(error as Error)
    return
  }
  sent.end(body)
}
