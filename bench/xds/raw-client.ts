/** A simulated proxy on raw HTTP/2: fixed request frames, and of each response only type and nonce are read. */
import { type ClientHttp2Session, connect } from 'node:http2'

/** One type a proxy asks for: the request without its nonce, already encoded. */
export interface Ask {
  readonly typeUrl: string
  readonly request: Uint8Array
}

export interface RawClientOptions {
  readonly port: number
  readonly path: string
  readonly certPem: string
  readonly keyPem: string
  readonly rootPem: string
  readonly asks: readonly Ask[]
}

/** As Envoy's defaults: a response never waits for a window. */
const WINDOW = 256 * 1024 * 1024

/** Asks for everything at once, and ACKs whatever comes, for as long as the session lives. */
export function openRawClient(options: RawClientOptions): ClientHttp2Session {
  const { port, path, certPem, keyPem, rootPem, asks } = options
  const session = connect(`https://127.0.0.1:${port}`, {
    ca: rootPem,
    cert: certPem,
    key: keyPem,
    servername: 'xds.bench',
    checkServerIdentity: () => undefined,
    settings: { initialWindowSize: WINDOW, enablePush: false },
  })
  session.once('connect', () => session.setLocalWindowSize(WINDOW))
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const requests = new Map(asks.map(({ typeUrl, request }) => [typeUrl, Buffer.from(request)]))
  for (const request of requests.values()) stream.write(framed(request))
  let rest: Buffer = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1)
      const { typeUrl, nonce } = readTypeAndNonce(rest.subarray(5, end))
      stream.write(framed(requests.get(typeUrl) ?? Buffer.alloc(0), nonceField(nonce)))
      rest = rest.subarray(end)
    }
  })
  return session
}

function framed(...parts: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt32BE(
    parts.reduce((sum, part) => sum + part.length, 0),
    1,
  )
  return Buffer.concat([header, ...parts])
}

/** DiscoveryRequest.response_nonce = 5; nonces are short. */
function nonceField(nonce: string): Buffer {
  return Buffer.concat([Buffer.of(0x2a, nonce.length), Buffer.from(nonce)])
}

/** DiscoveryResponse: type_url = 4, nonce = 5; everything else is passed over by its length. */
function readTypeAndNonce(message: Buffer): { readonly typeUrl: string; readonly nonce: string } {
  let at = 0
  let typeUrl = ''
  let nonce = ''
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const field = varint() >> 3
    const length = varint()
    if (field === 4) typeUrl = message.toString('latin1', at, at + length)
    if (field === 5) nonce = message.toString('latin1', at, at + length)
    at += length
  }
  return { typeUrl, nonce }
}
