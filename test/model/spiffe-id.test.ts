import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseSpiffeId,
  toDnsSan,
  toProxySpiffeId,
  toSpiffeId,
  toTrustDomain,
} from '../../src/model/spiffe-id.ts'

const domain = toTrustDomain('cluster.local')

describe('a SPIFFE ID', () => {
  it('carries service account names with dots whole', () => {
    const id = toSpiffeId(domain, { namespace: 'dev', name: 'admin.prod' })
    expect(parseSpiffeId(id)).toEqual({
      trustDomain: 'cluster.local',
      account: { namespace: 'dev', name: 'admin.prod' },
    })
  })

  it('of a proxy names the pod behind the account', () => {
    const id = toProxySpiffeId(domain, { namespace: 'shop', name: 'buyer' }, 'a-1')
    expect(id).toBe('spiffe://cluster.local/ns/shop/sa/buyer/proxy/a-1')
    expect(parseSpiffeId(id)?.proxyUid).toBe('a-1')
  })

  it.each([
    ['another scheme', 'https://cluster.local/ns/a/sa/b'],
    ['no path', 'spiffe://cluster.local'],
    ['another path', 'spiffe://cluster.local/a/b'],
    ['an empty segment', 'spiffe://cluster.local/ns//sa/b'],
    ['a dot segment', 'spiffe://cluster.local/ns/../sa/b'],
    ['a trailing slash', 'spiffe://cluster.local/ns/a/sa/b/'],
    ['more behind it', 'spiffe://cluster.local/ns/a/sa/b/c/d'],
    ['an upper-case trust domain', 'spiffe://Cluster.local/ns/a/sa/b'],
    ['a port', 'spiffe://cluster.local:443/ns/a/sa/b'],
    ['user information', 'spiffe://me@cluster.local/ns/a/sa/b'],
    ['percent encoding', 'spiffe://cluster.local/ns/a/sa/%62'],
    ['a query', 'spiffe://cluster.local/ns/a/sa/b?x'],
    ['a line end', 'spiffe://cluster.local/ns/a/sa/b\n'],
    ['more than 2,048 bytes', `spiffe://cluster.local/ns/a/sa/${'b'.repeat(2048)}`],
  ])('is not read from text with %s', (_name, text) => {
    expect(parseSpiffeId(text)).toBeUndefined()
  })

  it('is read back as it was made, for every identity', () => {
    const segment = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/)
    fc.assert(
      fc.property(segment, segment, segment, (namespace, name, uid) => {
        const account = { namespace, name }
        expect(parseSpiffeId(toProxySpiffeId(domain, account, uid))).toEqual({
          trustDomain: domain,
          account,
          proxyUid: uid,
        })
      }),
    )
  })

  it('has OSM’s DNS form beside it', () => {
    expect(toDnsSan(domain, { namespace: 'shop', name: 'buyer' })).toBe('buyer.shop.cluster.local')
  })

  it.each(['Cluster', 'a b', '', 'a/b', 'a'.repeat(256)])('has no trust domain %j', (text) => {
    expect(() => toTrustDomain(text)).toThrow(TypeError)
  })
})
