/** TLS of the xDS port: client certificates required, no session resumption, rotation without a restart. */
import { constants } from 'node:crypto'
import type { SecureServerOptions } from 'node:http2'
import type { SecureContextOptions } from 'node:tls'
import { ServerCredentials } from '@grpc/grpc-js'

export interface TlsIdentity {
  /** The server's own, leaf first. */
  readonly chainPem: string
  readonly keyPem: string
  /** What clients' certificates must chain to; all of the trust bundle. */
  readonly rootsPem: readonly string[]
}

/** grpc-js's own credentials leave tickets on, and Node resumes a session after its client's certificate expired. */
export class XdsCredentials extends ServerCredentials {
  constructor(identity: TlsIdentity, handshakeTimeout: number) {
    const required: SecureServerOptions = {
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout,
    }
    super(required, contextOf(identity))
  }

  /** From the next handshake on. Connections that are open keep what they were opened with. */
  rotate(identity: TlsIdentity): void {
    this.updateSecureContextOptions(contextOf(identity))
  }

  _equals(other: ServerCredentials): boolean {
    return this === other
  }
}

function contextOf(identity: TlsIdentity): SecureContextOptions {
  return {
    cert: identity.chainPem,
    key: identity.keyPem,
    ca: [...identity.rootsPem],
    // Envoy's clients speak 1.2 unless told otherwise.
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}
