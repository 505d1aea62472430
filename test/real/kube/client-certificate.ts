/** An authority for clients and a certificate of one, as the kubeconfigs of most clusters hold them. */
import { generateKeyPairSync } from 'node:crypto'
import forge from 'node-forge'

export interface ClientCertificate {
  readonly authorityPem: string
  readonly certificatePem: string
  readonly keyPem: string
}

/** `organisation` is a group to Kubernetes. Good for a day. */
export function clientCertificate(name: string, organisation: string): ClientCertificate {
  const authorityKey = newKey()
  const issuer = [{ name: 'commonName', value: 'plumbline-test-clients' }]
  const authority = certificate(authorityKey.publicKey, issuer)
  authority.setIssuer(issuer)
  authority.setExtensions([{ name: 'basicConstraints', cA: true }])
  authority.sign(authorityKey.privateKey, forge.md.sha256.create())
  const key = newKey()
  const client = certificate(key.publicKey, [
    { name: 'commonName', value: name },
    { name: 'organizationName', value: organisation },
  ])
  client.setIssuer(issuer)
  client.setExtensions([{ name: 'extKeyUsage', clientAuth: true }])
  client.sign(authorityKey.privateKey, forge.md.sha256.create())
  return {
    authorityPem: forge.pki.certificateToPem(authority),
    certificatePem: forge.pki.certificateToPem(client),
    keyPem: forge.pki.privateKeyToPem(key.privateKey),
  }
}

/** Forge reads RSA keys only, and takes seconds to find one. */
function newKey(): forge.pki.rsa.KeyPair {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = forge.pki.privateKeyFromPem(
    privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  )
  return { privateKey: key, publicKey: forge.pki.setRsaPublicKey(key.n, key.e) }
}

function certificate(
  publicKey: forge.pki.rsa.PublicKey,
  subject: forge.pki.CertificateField[],
): forge.pki.Certificate {
  const made = forge.pki.createCertificate()
  made.publicKey = publicKey
  made.serialNumber = '01'
  made.validity.notBefore = new Date(Date.now() - 60_000)
  made.validity.notAfter = new Date(Date.now() + 24 * 60 * 60_000)
  made.setSubject(subject)
  return made
}
