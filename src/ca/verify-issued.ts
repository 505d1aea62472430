/** Checks a certificate that an authority returned, before anybody is handed it: an authority can be wrong. */
import { type KeyObject, X509Certificate } from 'node:crypto'
import type { Instant, Ms } from '../model/clock.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { IssuedCertificate, SigningRequest, TrustBundle } from './certificate-authority.ts'
import { readCertificateFields } from './certificate-fields.ts'
import { toPublicKeyDer } from './key-pair.ts'
import { quote, readX509Svid, type X509Svid } from './x509-svid.ts'

export interface VerifiedCertificate {
  readonly chainPem: string
  /** Read from the leaf, whatever the authority said beside it. */
  readonly notBefore: Instant
  readonly notAfter: Instant
}

export interface IssuedCheck {
  readonly issued: IssuedCertificate
  readonly request: SigningRequest
  readonly bundle: TrustBundle
  readonly now: Instant
}

/** Authorities on other machines read other clocks. */
const CLOCK_TOLERANCE_MS: Ms = 60_000
const MAX_CHAIN_LENGTH = 5
const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----/g

/**
 * The names are exactly those asked for, the key is the one asked about, it is a leaf, its life lies inside the one asked
 * for and inside the chain's, and the chain leads to the bundle. Otherwise the sentence says what is wrong.
 */
export function verifyIssued(check: IssuedCheck): Result<VerifiedCertificate, string> {
  const { issued, request, now } = check
  const chain = readChain(issued.chainPem)
  const leaf = chain?.[0]
  if (chain === undefined || leaf === undefined)
    return err(`expected a chain of 1 to ${MAX_CHAIN_LENGTH} certificates in PEM`)
  const svid = readX509Svid(leaf.raw)
  if (!svid.ok) return err(`the leaf is not an X.509-SVID: ${svid.error.message}`)
  const mismatch =
    namesMismatch(svid.value, request) ??
    keyMismatch(svid.value, request.publicKey) ??
    lifeMismatch(svid.value, request.validityMs, now)
  if (mismatch !== undefined) return err(mismatch)
  const root = findRoot(chain, check.bundle)
  if (root === undefined) return err('the chain leads to none of the roots in the trust bundle')
  const parents = [...chain.slice(1).map(toParent), root]
  const broken = parents.map((parent) => parentMismatch(parent, svid.value)).find(Boolean)
  if (broken !== undefined) return err(broken)
  const { notBefore, notAfter } = svid.value
  return ok({ chainPem: issued.chainPem, notBefore, notAfter })
}

function readChain(pem: string): readonly X509Certificate[] | undefined {
  const blocks = pem.match(BLOCK) ?? []
  if (blocks.length > MAX_CHAIN_LENGTH) return undefined
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    // What OpenSSL cannot read is not a certificate; its words would add nothing for the reader.
    return undefined
  }
}

function namesMismatch(svid: X509Svid, request: SigningRequest): string | undefined {
  if (svid.uri !== request.spiffeId)
    return `asked for ${quote(request.spiffeId)}, got ${quote(svid.uri)}`
  const missing = request.dnsSans.find((name) => !svid.dnsSans.includes(name))
  if (missing !== undefined) return `the DNS name ${quote(missing)} was asked for and left out`
  const extra = svid.dnsSans.find((name) => !request.dnsSans.includes(name))
  return extra && `its DNS name ${quote(extra)} was never asked for`
}

function keyMismatch(svid: X509Svid, key: KeyObject): string | undefined {
  return svid.publicKey.equals(toPublicKeyDer(key))
    ? undefined
    : 'it certifies another key than the one asked about'
}

function lifeMismatch(svid: X509Svid, validityMs: Ms, now: Instant): string | undefined {
  if (svid.notAfter <= now) return `it ended at ${toIso(svid.notAfter)} already`
  if (svid.notBefore > now + CLOCK_TOLERANCE_MS) return `it begins at ${toIso(svid.notBefore)} only`
  return svid.notAfter > now + validityMs + CLOCK_TOLERANCE_MS
    ? `it ends at ${toIso(svid.notAfter)}, later than asked for`
    : undefined
}

/** Follows the signatures from the leaf up: each certificate signed by the next, the last by a root of the bundle. */
function findRoot(chain: readonly X509Certificate[], bundle: TrustBundle): Parent | undefined {
  const linked = chain
    .slice(1)
    .every((parent, index) => chain[index] !== undefined && isSignedBy(chain[index], parent))
  const last = chain.at(-1)
  if (!linked || last === undefined) return undefined
  return rootsOf(bundle).find((root) => isSignedBy(last, root.certificate))
}

function isSignedBy(child: X509Certificate, parent: X509Certificate): boolean {
  return child.checkIssued(parent) && child.verify(parent.publicKey)
}

function parentMismatch(parent: Parent, leaf: X509Svid): string | undefined {
  if (parent.notAfter === undefined) return 'its chain holds a certificate that is not a CA'
  return parent.notAfter < leaf.notAfter
    ? `it outlives its chain, which ends at ${toIso(parent.notAfter)}`
    : undefined
}

/** A certificate above the leaf. */
interface Parent {
  readonly certificate: X509Certificate
  /** Absent when it is no CA. */
  readonly notAfter: Instant | undefined
}

function toParent(certificate: X509Certificate): Parent {
  const fields = certificate.ca ? readCertificateFields(certificate.raw) : undefined
  return { certificate, notAfter: fields?.notAfter }
}

/** A bundle is an immutable object that serves thousands of leaves: its roots are parsed once. */
const parsedRoots = new WeakMap<TrustBundle, readonly Parent[]>()

function rootsOf(bundle: TrustBundle): readonly Parent[] {
  const known = parsedRoots.get(bundle)
  if (known !== undefined) return known
  const roots = bundle.rootsPem.map((pem) => toParent(new X509Certificate(pem)))
  parsedRoots.set(bundle, roots)
  return roots
}

function toIso(instant: Instant): string {
  return new Date(instant).toISOString()
}
