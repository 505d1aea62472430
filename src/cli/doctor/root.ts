/** The mesh's root: whether it is there, is whole, and for how long it is valid. The key itself is never shown. Pure. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Instant, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type Check, fail, pass, warn } from './check.ts'

const DAY_MS: Ms = 86_400_000
/** Time enough to rotate a root by stages, each of which waits for proxies. */
const WARN_BEFORE_MS: Ms = 90 * DAY_MS

const NAME = 'root'
const MEND = {
  expected: 'a certificate and its private key, in PEM',
  fix: 'put back the Secret from a backup; deleting it makes a new root, which running proxies do not trust until they start again',
}

/** `hasRun` tells a control plane that has not made its root yet from one whose root was lost. */
export function judgeRoot(
  secret: KubernetesObject | undefined,
  now: Instant,
  hasRun: boolean,
): Check {
  if (secret === undefined)
    return hasRun
      ? fail(NAME, 'the Secret osm-ca-bundle is gone', MEND)
      : warn(NAME, 'there is no Secret osm-ca-bundle yet', {
          expected: 'the first control plane to start makes it',
          fix: 'see the deployment',
        })
  const data = (secret['data'] ?? {}) as Readonly<Record<string, string>>
  const read = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8')
  const certificate = parse(() => new X509Certificate(read('ca.crt')))
  if (certificate === undefined)
    return fail(NAME, 'ca.crt of the Secret osm-ca-bundle is no certificate', MEND)
  const key = parse(() => createPrivateKey(read('private.key')))
  if (key === undefined)
    return fail(NAME, 'private.key of the Secret osm-ca-bundle is no key', MEND)
  if (!certificate.checkPrivateKey(key))
    return fail(NAME, 'private.key of the Secret osm-ca-bundle is not the key of ca.crt', MEND)
  return judgeValidity(Date.parse(certificate.validTo), now)
}

function judgeValidity(endsAt: number, now: Instant): Check {
  const date = new Date(endsAt).toISOString().slice(0, 10)
  const leftMs = endsAt - now
  const remedy = {
    expected: `a root that is valid for ${WARN_BEFORE_MS / DAY_MS} days or more`,
    fix: 'rotate the root; docs/certificates.md says how',
  }
  if (leftMs <= 0)
    return fail(NAME, `the root ended on ${date}; no new certificate is valid`, remedy)
  const days = Math.floor(leftMs / DAY_MS)
  if (leftMs < WARN_BEFORE_MS)
    return warn(NAME, `the root ends on ${date}, in ${days} days`, remedy)
  return pass(NAME, `valid until ${date}`)
}

function parse<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
