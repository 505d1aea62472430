/** The files that a sidecar starts from, named as the keys of OSM's bootstrap Secret. Pure. */
import type { TrustBundle } from '../ca/certificate-authority.ts'
import { type BootstrapRequest, toBootstrap } from './bootstrap.ts'
import {
  CERTIFICATE_FILE,
  KEY_FILE,
  ROOTS_FILE,
  TLS_SECRET,
  toTlsSecret,
  toValidationSecret,
  VALIDATION_SECRET,
} from './bootstrap-secrets.ts'

export interface BootstrapFile {
  readonly name: string
  /** Permission bits; the owner is to be Envoy's user. */
  readonly mode: number
  readonly content: string
}

export interface ProxyCredentials {
  /** Leaf first, PEM. */
  readonly chainPem: string
  /** PKCS#8 PEM. */
  readonly keyPem: string
  readonly bundle: TrustBundle
}

/** Envoy's command line names this one: `envoy --config-path DIRECTORY/bootstrap.json`. */
export const BOOTSTRAP_FILE = 'bootstrap.json'

/**
 * In the order in which to write them. To renew, write each to a temporary name in the same directory and rename it over the
 * old one, in this order: roots before the leaf that needs them. Between key and certificate the two do not match for
 * a moment; Envoy then keeps the old pair, and takes the new one at the second rename.
 */
export function toBootstrapFiles(
  request: BootstrapRequest,
  credentials: ProxyCredentials,
): readonly BootstrapFile[] {
  const { directory, settings } = request
  const { spiffeId } = settings.controlPlane
  return [
    toFile(ROOTS_FILE, 0o644, credentials.bundle.rootsPem.join('')),
    toFile(VALIDATION_SECRET.file, 0o644, toText(toValidationSecret(directory, spiffeId))),
    toFile(KEY_FILE, 0o600, credentials.keyPem),
    toFile(CERTIFICATE_FILE, 0o644, credentials.chainPem),
    toFile(TLS_SECRET.file, 0o644, toText(toTlsSecret(directory))),
    toFile(BOOTSTRAP_FILE, 0o644, toText(toBootstrap(request))),
  ]
}

function toFile(name: string, mode: number, content: string): BootstrapFile {
  return { name, mode, content }
}

function toText(value: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
