/** The evaluator itself, where reading configuration as Envoy does is not obvious. Real Envoys are asked in test/real/envoy-agrees.test.ts. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { ListenerSchema } from '../../../src/generated/envoy/config/listener/v3/listener_pb.js'
import { RBACSchema } from '../../../src/generated/envoy/config/rbac/v3/rbac_pb.js'
import { HttpConnectionManagerSchema } from '../../../src/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { type Arrival, chooseFilterChain } from './filter-chain.ts'
import { fullMatch } from './match-string.ts'
import { normalisePath } from './normalise-path.ts'
import { isAllowed } from './rbac.ts'

type Match = NonNullable<
  NonNullable<
    Exclude<MessageInitShape<typeof ListenerSchema>, { $typeName: string }>['filterChains']
  >[number]['filterChainMatch']
>

function chosen(
  chains: Readonly<Record<string, Match>>,
  arrival: Partial<Arrival>,
): string | undefined {
  const listener = create(ListenerSchema, {
    filterChains: Object.entries(chains).map(([name, filterChainMatch]) => ({
      name,
      filterChainMatch,
    })),
  })
  return chooseFilterChain(listener, { address: '198.18.0.1', port: 80, ...arrival })?.name
}

describe('a filter chain', () => {
  const here = { addressPrefix: '198.18.0.1', prefixLen: 32 }

  it('is chosen by port before address: a chain for the port wins over one for the address', () => {
    expect(chosen({ port: { destinationPort: 80 }, address: { prefixRanges: [here] } }, {})).toBe(
      'port',
    )
  })

  it('is never looked for again among those put aside', () => {
    const chains = {
      named: { destinationPort: 80, serverNames: ['a'], applicationProtocols: ['osm'] },
      any: { destinationPort: 80 },
    }
    const tls = { serverName: 'a', alpn: ['h2'] }
    expect([chosen(chains, { tls }), chosen(chains, { tls: { ...tls, serverName: 'b' } })]).toEqual(
      [undefined, 'any'],
    )
  })

  it('for TLS takes no plaintext', () => {
    expect(chosen({ tls: { transportProtocol: 'tls' } }, {})).toBeUndefined()
  })

  it('is refused twice for the same match', () => {
    expect(() => chosen({ a: { destinationPort: 80 }, b: { destinationPort: 80 } }, {})).toThrow(
      'two filter chains',
    )
  })
})

describe('a path', () => {
  const manager = create(HttpConnectionManagerSchema, { normalizePath: true, mergeSlashes: true })

  it.each([
    ['/a/../b', '/b'],
    ['/../b', '/b'],
    ['/a/./b/..', '/a/'],
    ['/a//b', '/a/b'],
    ['/%61/%2e%2e/b', '/b'],
    ['/a\\b', '/a/b'],
    ['/a?x=/../y', '/a?x=/../y'],
    ['/a%20b', '/a%20b'],
  ])('%s becomes %s', (path, expected) => {
    expect(normalisePath(manager, path)).toBe(expected)
  })
})

describe('RBAC', () => {
  const nobody = { peerNames: [], destinationPort: 80 }

  it('that is not set allows, and that is empty denies', () => {
    expect([isAllowed(undefined, nobody), isAllowed(create(RBACSchema), nobody)]).toEqual([
      true,
      false,
    ])
  })

  it('knows no peer without a certificate by "authenticated"', () => {
    const rules = create(RBACSchema, {
      policies: {
        any: {
          permissions: [{ rule: { case: 'any', value: true } }],
          principals: [{ identifier: { case: 'authenticated', value: {} } }],
        },
      },
    })
    expect([isAllowed(rules, nobody), isAllowed(rules, { ...nobody, peerNames: ['x'] })]).toEqual([
      false,
      true,
    ])
  })
})

it('matches patterns in full', () => {
  expect([fullMatch('a|b', 'b'), fullMatch('a|b', 'ab'), fullMatch('/x', '/x/y')]).toEqual([
    true,
    false,
    false,
  ])
})
