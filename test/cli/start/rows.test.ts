/** How answers of real Envoys are compared with what was expected. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  breakRoutes,
  letBookthiefIn,
  misspellMatch,
  sendEverybodyToV2,
} from '../../../src/cli/start/changes.ts'
import { bookstoreExpectations, toPodRequest, toRow } from '../../../src/cli/start/expectation.ts'
import { toShareRow } from '../../../src/cli/start/split-share.ts'
import type { RequestOutcome } from '../../../src/lab/request-agent.ts'

const example = join(import.meta.dirname, '../../../policies-example/bookstore')
const read = (name: string) => readFileSync(join(example, name), 'utf8')

function answered(status: number, bookstore = 'v1'): RequestOutcome {
  return { type: 'answered', status, headers: { bookstore }, body: '', ms: 1 }
}

function failed(code: string): RequestOutcome {
  return { type: 'failed', code, ms: 1 }
}

const question = {
  from: 'bookthief/bookthief',
  to: 'bookstore/bookstore',
  method: 'GET',
  path: '/books-bought',
} as const

describe('a row', () => {
  it.each([
    [200, answered(200), '200', true],
    [200, answered(403), '403', false],
    [404, answered(404), '404', true],
    ['refused', failed('ECONNREFUSED'), 'refused (ECONNREFUSED)', true],
    ['refused', failed('ECONNRESET'), 'refused (ECONNRESET)', true],
    ['refused', failed('ETIMEDOUT'), 'ETIMEDOUT', false],
    ['refused', failed('ENOTFOUND'), 'ENOTFOUND', false],
    ['refused', answered(403), '403', false],
    [200, failed('ECONNREFUSED'), 'refused (ECONNREFUSED)', false],
  ] as const)('that expects %s and sees %j reads %s', (expected, outcome, seen, ok) => {
    expect(toRow({ ...question, expected }, outcome)).toMatchObject({ seen, ok })
  })

  it('asks the service by its cluster DNS name', () => {
    expect(toPodRequest(question)).toEqual({
      url: 'http://bookstore.bookstore:14001/books-bought',
      method: 'GET',
    })
  })

  it('lets bookthief see 200 only where it is expected to be let in', () => {
    const expectedOf = (thief: 200 | 'refused') =>
      bookstoreExpectations(thief)
        .filter(({ from, path }) => from === 'bookthief/bookthief' && path === '/books-bought')
        .map(({ expected }) => expected)
    expect([expectedOf(200), expectedOf('refused')]).toEqual([[200], ['refused']])
  })
})

describe('the share of a split', () => {
  const shares = (v1: number, v2: number, lost = 0) => [
    ...Array.from({ length: v1 }, () => answered(200, 'v1')),
    ...Array.from({ length: v2 }, () => answered(200, 'v2')),
    ...Array.from({ length: lost }, () => failed('ECONNRESET')),
  ]

  it.each([
    [shares(200, 200), 50, true],
    [shares(240, 160), 50, true],
    [shares(260, 140), 50, false],
    [shares(0, 400), 100, true],
    [shares(1, 399), 100, false],
    [shares(200, 199, 1), 50, false],
    [[], 50, false],
  ])(
    'of %# is as it should be only within the tolerance, and with no request lost',
    (outcomes, expected, ok) => {
      expect(toShareRow(outcomes, expected).ok).toBe(ok)
    },
  )
})

describe('the commits of the main job', () => {
  it('let bookthief into both versions', () => {
    expect(letBookthiefIn(read('access.yaml')).match(/name: bookthief/g)).toHaveLength(2)
  })

  it('move the split from one half each to the second version alone', () => {
    expect(sendEverybodyToV2(read('split.yaml')).match(/weight: \d+/g)).toEqual([
      'weight: 0',
      'weight: 100',
    ])
  })

  it('break what they mean to break', () => {
    expect(breakRoutes(read('routes.yaml'))).toContain('pathRegexp: /books-bought')
    expect(misspellMatch(read('access.yaml'))).toContain('[book-bought, buy-a-book]')
  })

  it('say so when the example no longer has what they edit', () => {
    expect(() => letBookthiefIn('nothing')).toThrow('no longer have')
  })
})
