/** What the bookstore's pods should see, as data, and how an answer compares with it. */
import type { PodRequest, RequestOutcome } from '../../lab/request-agent.ts'
import type { Row } from './report.ts'

/** `refused` is a connection that is not made or is closed without an answer: nothing is granted at all. */
export type Expected = number | 'refused'

export interface Expectation {
  /** A pod, as `namespace/deployment`. */
  readonly from: string
  /** A service, as `namespace/name`. */
  readonly to: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly expected: Expected
}

const PORT = 14001

export function toPodRequest({ to, method, path }: Omit<Expectation, 'expected'>): PodRequest {
  const [namespace, service] = to.split('/')
  return { url: `http://${service}.${namespace}:${PORT}${path}`, method }
}

export function toRow(expectation: Expectation, outcome: RequestOutcome): Row {
  const { from, to, method, path, expected } = expectation
  const seen = see(outcome)
  return {
    from,
    to,
    request: `${method} ${path}`,
    expected: String(expected),
    seen: seen.text,
    ok: seen.is === expected,
  }
}

function see(outcome: RequestOutcome): { readonly is: Expected | 'other'; readonly text: string } {
  if (outcome.type === 'answered') return { is: outcome.status, text: String(outcome.status) }
  const refused = outcome.code === 'ECONNREFUSED' || outcome.code === 'ECONNRESET'
  return {
    is: refused ? 'refused' : 'other',
    text: refused ? `refused (${outcome.code})` : outcome.code,
  }
}

const BUY = { method: 'GET', path: '/buy-a-book/new' } as const
const BOUGHT = { method: 'GET', path: '/books-bought' } as const
const RESTOCK = { method: 'POST', path: '/restock-books' } as const

const BUYER = 'bookbuyer/bookbuyer'
const THIEF = 'bookthief/bookthief'
const STORE = 'bookstore/bookstore'
const WAREHOUSE = 'bookwarehouse/bookwarehouse'

/** `thief`: what bookthief is to see where bookbuyer sees 200. */
export function bookstoreExpectations(thief: 200 | 'refused'): readonly Expectation[] {
  const nothingThere = thief === 200 ? 404 : 'refused'
  return [
    { from: BUYER, to: STORE, ...BOUGHT, expected: 200 },
    { from: BUYER, to: STORE, ...BUY, expected: 200 },
    // Routes that nobody is granted: the bookstore's Envoy answers, not the bookstore.
    { from: BUYER, to: STORE, method: 'GET', path: '/accounts', expected: 404 },
    { from: BUYER, to: STORE, method: 'POST', path: '/books-bought', expected: 404 },
    { from: BUYER, to: WAREHOUSE, ...RESTOCK, expected: 'refused' },
    { from: THIEF, to: STORE, ...BOUGHT, expected: thief },
    { from: THIEF, to: STORE, ...BUY, expected: thief },
    { from: THIEF, to: STORE, method: 'GET', path: '/accounts', expected: nothingThere },
    { from: THIEF, to: WAREHOUSE, ...RESTOCK, expected: 'refused' },
    { from: 'bookstore/bookstore-v1', to: WAREHOUSE, ...RESTOCK, expected: 200 },
    { from: 'bookstore/bookstore-v2', to: WAREHOUSE, ...RESTOCK, expected: 200 },
  ]
}
