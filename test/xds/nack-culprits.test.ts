import { describe, expect, it } from 'vitest'
import { culpritsOf } from '../../src/xds/nack-culprits.ts'
import { aResource } from './support/builders.ts'

const NAMES = ['shop/web|80', 'shop/web|8080', 'web', 'rds-inbound.15003', 'inbound-listener']

function named(error: string): readonly string[] {
  const told = NAMES.map((name) => aResource('cluster', name))
  return culpritsOf(error, told).map((resource) => resource.name)
}

describe('the culprits of a rejection', () => {
  const cases: readonly [string, string, readonly string[]][] = [
    [
      'are those that Envoy names for listeners',
      'Error adding/updating listener(s) inbound-listener: cannot bind',
      ['inbound-listener'],
    ],
    [
      'are those that Envoy names for clusters, several at once',
      'Error adding/updating cluster(s) shop/web|80: bad, shop/web|8080: worse',
      ['shop/web|80', 'shop/web|8080'],
    ],
    [
      'are not those whose name merely begins alike',
      'cluster shop/web|8080 is bad',
      ['shop/web|8080'],
    ],
    ['are not those whose name is within another', 'shop/web-2 is bad', []],
    ['are named at the end of a sentence', 'cannot use rds-inbound.15003.', ['rds-inbound.15003']],
    ['are named in quotes', 'no such route "web"', ['web']],
    ['are not found where none is named', 'Only unique values for domains are permitted', []],
    ['are not found in an empty error', '', []],
  ]
  it.each(cases)('%s', (_sentence, error, expected) => {
    expect(named(error)).toEqual(expected)
  })
})
