import { describe, expect, it } from 'vitest'
import { buildAccessRelation } from '../../../src/policy/access/access-relation.ts'
import { ask } from '../../../src/policy/access/ask.ts'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import type { HttpRequest } from '../../../src/policy/access/request-set.ts'
import { account, aGrant, anIntent, at, type IntentFixture } from './an-intent.ts'

const grant = aGrant({
  from: ['shop/buyer'],
  to: 'store/books',
  http: [
    { pathRegex: '/books', methods: ['GET'], headers: [{ name: 'client', valueRegex: 'b.*' }] },
  ],
  tcp: [[3306]],
})
const good: HttpRequest = { method: 'GET', path: '/books', headers: { client: 'buyer' } }

function answer(
  question: { from?: string; to?: string; port?: number; request?: HttpRequest },
  fixture: IntentFixture = { grants: [grant] },
) {
  const intent = anIntent(fixture)
  const { from = 'shop/buyer', to = 'store/books', port, request } = question
  return ask(
    {
      source: account(from),
      destination: account(to),
      ...(port !== undefined && { port }),
      ...(request && { request }),
    },
    { intent, relation: buildAccessRelation(intent), compiler: new MatchCompiler() },
  )
}

describe('a call', () => {
  it('is allowed by the rule that grants it, and says which', () => {
    expect(answer({ request: good })).toEqual({
      allowed: true,
      reason: 'granted',
      locations: [at(12)],
    })
  })

  it('is allowed in an open namespace by what opens it', () => {
    expect(answer({ from: 'shop/thief' }, { permissive: true })).toEqual({
      allowed: true,
      reason: 'open namespace',
      locations: [at(5)],
    })
  })

  it.each([
    ['elsewhere/buyer', 'store/books', 'source not enrolled'],
    ['shop/buyer', 'elsewhere/books', 'destination not enrolled'],
    ['shop/buyer', 'store/pens', 'no rule allows it'],
  ] as const)('from %s to %s is denied: %s', (from, to, reason) => {
    expect(answer({ from, to, request: good })).toEqual({ allowed: false, reason })
  })

  it.each([
    ['another source', { from: 'shop/thief', request: good }, [{ type: 'source' }]],
    [
      'another method',
      { request: { ...good, method: 'POST' } },
      [{ type: 'method', wanted: ['GET'] }],
    ],
    ['another path', { request: { ...good, path: '/pens' } }, [{ type: 'path', wanted: '/books' }]],
    [
      'no header',
      { request: { ...good, headers: {} } },
      [{ type: 'header', name: 'client', wanted: 'b.*' }],
    ],
    ['another TCP port', { port: 5432 }, [{ type: 'port', wanted: [3306] }]],
  ])('with %s is denied, and says what of the nearest rule failed', (_name, question, failed) => {
    expect(answer(question)).toMatchObject({ allowed: false, nearest: { failed } })
  })

  it('over TCP is not opened by HTTP rules', () => {
    const http = aGrant({ from: ['shop/buyer'], to: 'store/books', http: [{}] })
    expect(answer({ port: 3306 }, { grants: [http] })).toEqual({
      allowed: false,
      reason: 'no rule allows it',
    })
  })
})
