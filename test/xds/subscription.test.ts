import { describe, expect, it } from 'vitest'
import type { ResourceType } from '../../src/render/envoy/envoy-resource.ts'
import {
  covers,
  NO_SUBSCRIPTION,
  type Subscription,
  subscribe,
} from '../../src/xds/subscription.ts'

function holding(type: ResourceType, ...requests: readonly (readonly string[])[]): Subscription {
  return requests.reduce(
    (current, names) => subscribe(current, type, names).subscription,
    NO_SUBSCRIPTION,
  )
}

/** What is held, in the words of the protocol page. */
function held(subscription: Subscription): string {
  return [...(subscription.wildcard ? ['everything'] : []), ...subscription.names].join(' and ')
}

describe('a subscription', () => {
  const cases: readonly [string, ResourceType, readonly (readonly string[])[], string][] = [
    ['an empty first list of clusters is the legacy wildcard', 'cluster', [[]], 'everything'],
    ['an empty first list of listeners is the legacy wildcard', 'listener', [[]], 'everything'],
    ['an empty list of endpoints asks for nothing (envoy #7529)', 'endpoint', [[]], ''],
    ['an empty list of routes asks for nothing', 'route', [[]], ''],
    ['an empty list of secrets asks for nothing', 'secret', [[]], ''],
    ['a star is the explicit wildcard', 'cluster', [['*']], 'everything'],
    ['a star asks for no secret', 'secret', [['*']], ''],
    ['a wildcard and a name are held together', 'cluster', [[], ['*', 'a']], 'everything and a'],
    ['naming without a star ends the wildcard', 'cluster', [[], ['*', 'a'], ['a']], 'a'],
    [
      'an empty list after names is nothing, not a wildcard',
      'cluster',
      [[], ['*', 'a'], ['a'], []],
      '',
    ],
    ['a star once named keeps an empty list from meaning everything', 'listener', [['*'], []], ''],
    ['the empty name is not a wildcard', 'cluster', [['']], ''],
    ['the empty name unsubscribes from everything', 'cluster', [[], ['']], ''],
    ['a repeated name is held once', 'endpoint', [['a', 'a']], 'a'],
    [
      'a list with a name given twice replaces one with two names',
      'route',
      [
        ['a', 'b'],
        ['a', 'a'],
      ],
      'a',
    ],
  ]
  it.each(cases)('%s', (_sentence, type, requests, expected) => {
    expect(held(holding(type, ...requests))).toBe(expected)
  })

  it('is the same object when the request repeats it, as every ACK does', () => {
    const before = holding('endpoint', ['a', 'b'])
    expect(subscribe(before, 'endpoint', ['a', 'b']).subscription).toBe(before)
  })

  it('tells which names a request added and which it removed', () => {
    const { added, removed } = subscribe(holding('route', ['a', 'b']), 'route', ['b', 'c'])
    expect({ added, removed }).toEqual({ added: ['c'], removed: ['a'] })
  })

  it('covers every name while it holds a wildcard', () => {
    const name = 'a' as never
    expect([covers(holding('cluster', []), name), covers(holding('cluster', ['b']), name)]).toEqual(
      [true, false],
    )
  })
})
