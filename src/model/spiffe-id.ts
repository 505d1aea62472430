/** SPIFFE identities: `spiffe://<trust domain>/ns/<namespace>/sa/<service account>[/proxy/<uid>]`. */
import type { ServiceAccount } from './service-account.ts'

declare const trustDomain: unique symbol
/** Lowercase letters, digits, `.`, `-`, `_`; at most 255 bytes (SPIFFE-ID 2.1). */
export type TrustDomain = string & { readonly [trustDomain]: true }

declare const spiffeId: unique symbol
export type SpiffeId = string & { readonly [spiffeId]: true }

export function isTrustDomain(text: string): text is TrustDomain {
  return /^[a-z0-9._-]{1,255}$/.test(text)
}

export function toTrustDomain(text: string): TrustDomain {
  if (!isTrustDomain(text)) throw new TypeError(`not a trust domain: ${JSON.stringify(text)}`)
  return text
}

export function toSpiffeId(domain: TrustDomain, account: ServiceAccount): SpiffeId {
  return `spiffe://${domain}/ns/${account.namespace}/sa/${account.name}` as SpiffeId
}

/** The identity of one proxy's xDS certificate: its workload's, and the pod's uid behind it. */
export function toProxySpiffeId(
  domain: TrustDomain,
  account: ServiceAccount,
  uid: string,
): SpiffeId {
  return `${toSpiffeId(domain, account)}/proxy/${uid}` as SpiffeId
}

export interface ParsedSpiffeId {
  readonly trustDomain: TrustDomain
  readonly account: ServiceAccount
  /** Present in the identity of a proxy's xDS certificate only. */
  readonly proxyUid?: string
}

/** Reads by fixed segment count, never by splitting on dots; `undefined` for any other shape. */
export function parseSpiffeId(text: string): ParsedSpiffeId | undefined {
  if (text.length > 2048) return undefined
  const match =
    /^spiffe:\/\/([a-z0-9._-]{1,255})\/ns\/([a-zA-Z0-9._-]+)\/sa\/([a-zA-Z0-9._-]+)(?:\/proxy\/([a-zA-Z0-9._-]+))?$/.exec(
      text,
    )
  const [, domain, namespace, name, proxyUid] = match ?? []
  if (domain === undefined || namespace === undefined || name === undefined) return undefined
  if ([namespace, name, proxyUid].some((segment) => segment === '.' || segment === '..'))
    return undefined
  const parsed = { trustDomain: toTrustDomain(domain), account: { namespace, name } }
  return proxyUid === undefined ? parsed : { ...parsed, proxyUid }
}

/** OSM's DNS form `<sa>.<ns>.<trust domain>`, carried as a second SAN. */
export function toDnsSan(domain: TrustDomain, account: ServiceAccount): string {
  return `${account.name}.${account.namespace}.${domain}`
}
