/** What we issue, in the eyes of somebody else: OpenSSL's strict verification and its reading of every field. */
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SigningRequest } from '../../src/ca/certificate-authority.ts'
import type { KeyType } from '../../src/ca/key-pair.ts'
import type { Clock, Instant } from '../../src/model/clock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { anAuthority, aSigningRequest, NEVER } from './an-authority.ts'

const PROGRAM = 'openssl'
const missing = spawnSync(PROGRAM, ['version']).error !== undefined
const realClock: Clock = {
  now: () => Date.now() as Instant,
  monotonic: () => performance.now(),
  sleep: () => Promise.resolve(),
}
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey

beforeAll(() => {
  if (!missing) return
  const reason = 'certificates are not verified independently: openssl is not installed'
  if (process.env['CI']) throw new Error(reason)
  console.warn(reason)
})

async function onDisk(rootKeyType: KeyType, request: Partial<SigningRequest> = {}) {
  const directory = await temporaryDirectory()
  const authority = await anAuthority({ clock: realClock, rootKeyType })
  const { chainPem } = await authority.issue(aSigningRequest(request), NEVER)
  const [leaf, roots] = [join(directory, 'leaf.pem'), join(directory, 'roots.pem')]
  await writeFile(leaf, chainPem)
  await writeFile(roots, authority.bundle().rootsPem.join(''))
  return { leaf, roots }
}

function openssl(...args: readonly string[]): string {
  return execFileSync(PROGRAM, args, { encoding: 'utf8', stdio: 'pipe' })
}

/** The dump without what differs from run to run, and from one OpenSSL to the next. */
function dump(file: string): string {
  return openssl('x509', '-in', file, '-noout', '-text')
    .replaceAll(/^ +(?:[0-9a-f]{2}:)+(?:[0-9a-f]{2})?\n/gm, '')
    .replaceAll(/(?:[0-9A-F]{2}:){19}[0-9A-F]{2}/g, '<key id>')
    .replaceAll(/(Not (?:Before|After) ?:).*/g, '$1 <time>')
    .replaceAll(/Plumbline root [0-9a-f]{16}/g, 'Plumbline root <serial>')
    .replaceAll(' = ', '=')
    .replaceAll(/ +$/gm, '')
}

describe.skipIf(missing)('OpenSSL', () => {
  it.each<readonly [KeyType, string, Partial<SigningRequest>]>([
    ['p256', 'a P-256 leaf', {}],
    ['p256', 'an RSA leaf', { publicKey: rsa }],
    ['p256', 'a leaf without a subject', { dnsSans: [] }],
    ['rsa2048', 'a P-256 leaf', {}],
    ['rsa2048', 'an RSA leaf', { publicKey: rsa }],
  ])(
    'under a %s root, verifies %s strictly, for servers and for clients',
    async (type, _, request) => {
      const { leaf, roots } = await onDisk(type, request)
      for (const purpose of ['sslserver', 'sslclient'])
        expect(openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', roots, leaf)).toBe(
          `${leaf}: OK\n`,
        )
    },
  )

  it('reads a leaf as it was meant', async () => {
    const { leaf } = await onDisk('p256')
    expect(dump(leaf)).toMatchInlineSnapshot(`
      "Certificate:
          Data:
              Version: 3 (0x2)
              Serial Number:
              Signature Algorithm: ecdsa-with-SHA256
              Issuer: O=Plumbline, CN=Plumbline root <serial>
              Validity
                  Not Before: <time>
                  Not After : <time>
              Subject: CN=bookstore-v1.bookstore.mesh.example
              Subject Public Key Info:
                  Public Key Algorithm: id-ecPublicKey
                      Public-Key: (256 bit)
                      pub:
                      ASN1 OID: prime256v1
                      NIST CURVE: P-256
              X509v3 extensions:
                  X509v3 Basic Constraints: critical
                      CA:FALSE
                  X509v3 Key Usage: critical
                      Digital Signature
                  X509v3 Extended Key Usage:
                      TLS Web Server Authentication, TLS Web Client Authentication
                  X509v3 Subject Key Identifier:
                      <key id>
                  X509v3 Authority Key Identifier:
                      <key id>
                  X509v3 Subject Alternative Name:
                      URI:spiffe://mesh.example/ns/bookstore/sa/bookstore-v1, DNS:bookstore-v1.bookstore.mesh.example
          Signature Algorithm: ecdsa-with-SHA256
          Signature Value:
      "
    `)
  })

  it('reads an RSA leaf without a subject as it was meant', async () => {
    const { leaf } = await onDisk('rsa2048', { publicKey: rsa, dnsSans: [] })
    expect(dump(leaf)).toMatchInlineSnapshot(`
      "Certificate:
          Data:
              Version: 3 (0x2)
              Serial Number:
              Signature Algorithm: sha256WithRSAEncryption
              Issuer: O=Plumbline, CN=Plumbline root <serial>
              Validity
                  Not Before: <time>
                  Not After : <time>
              Subject:
              Subject Public Key Info:
                  Public Key Algorithm: rsaEncryption
                      Public-Key: (2048 bit)
                      Modulus:
                      Exponent: 65537 (0x10001)
              X509v3 extensions:
                  X509v3 Basic Constraints: critical
                      CA:FALSE
                  X509v3 Key Usage: critical
                      Digital Signature, Key Encipherment
                  X509v3 Extended Key Usage:
                      TLS Web Server Authentication, TLS Web Client Authentication
                  X509v3 Subject Key Identifier:
                      <key id>
                  X509v3 Authority Key Identifier:
                      <key id>
                  X509v3 Subject Alternative Name: critical
                      URI:spiffe://mesh.example/ns/bookstore/sa/bookstore-v1
          Signature Algorithm: sha256WithRSAEncryption
          Signature Value:
      "
    `)
  })

  it('reads a root as it was meant', async () => {
    const { roots } = await onDisk('p256')
    expect(dump(roots)).toMatchInlineSnapshot(`
      "Certificate:
          Data:
              Version: 3 (0x2)
              Serial Number:
              Signature Algorithm: ecdsa-with-SHA256
              Issuer: O=Plumbline, CN=Plumbline root <serial>
              Validity
                  Not Before: <time>
                  Not After : <time>
              Subject: O=Plumbline, CN=Plumbline root <serial>
              Subject Public Key Info:
                  Public Key Algorithm: id-ecPublicKey
                      Public-Key: (256 bit)
                      pub:
                      ASN1 OID: prime256v1
                      NIST CURVE: P-256
              X509v3 extensions:
                  X509v3 Basic Constraints: critical
                      CA:TRUE, pathlen:0
                  X509v3 Key Usage: critical
                      Certificate Sign, CRL Sign
                  X509v3 Subject Key Identifier:
                      <key id>
                  X509v3 Authority Key Identifier:
                      <key id>
                  X509v3 Subject Alternative Name:
                      URI:spiffe://mesh.example
          Signature Algorithm: ecdsa-with-SHA256
          Signature Value:
      "
    `)
  })
})
