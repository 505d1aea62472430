import { describe, expect, it } from 'vitest'
import { buildAccessRelation } from '../../../src/policy/access/access-relation.ts'
import { accountsByCustom } from '../../../src/policy/access/accounts-behind.ts'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import { runPolicyTests } from '../../../src/policy/access/run-policy-tests.ts'
import { survivingMutants } from '../../../src/policy/access/surviving-mutants.ts'
import type {
  PolicyInvariant,
  PolicyTestCase,
} from '../../../src/policy/intent/policy-test-intent.ts'
import { account, aGrant, anIntent, at, type IntentFixture } from './an-intent.ts'

const get = { method: 'GET', path: '/books', headers: {} }

function aCase(change: Partial<PolicyTestCase> = {}): PolicyTestCase {
  return {
    name: 'buyers buy',
    from: account('shop/buyer'),
    to: { service: { namespace: 'store', name: 'books' } },
    request: get,
    expect: 'allow',
    location: at(91),
    ...change,
  }
}

const closed: PolicyInvariant = {
  name: 'only shoppers',
  to: { namespace: 'store' },
  onlyFrom: [{ namespace: 'shop', serviceAccount: 'buyer' }],
  location: at(95),
}

const grant = aGrant({
  from: ['shop/buyer'],
  to: 'store/books',
  http: [{ pathRegex: '/books', methods: ['GET'] }],
})

function messages(fixture: IntentFixture): readonly string[] {
  const intent = anIntent(fixture)
  const context = {
    intent,
    relation: buildAccessRelation(intent),
    compiler: new MatchCompiler(),
  }
  return runPolicyTests(context, accountsByCustom(intent)).map(
    (problem) => `${problem.code} ${problem.location.line} ${problem.message}`,
  )
}

describe('a policy test', () => {
  it('passes when every case is as expected and every invariant holds', () => {
    const cases = [
      aCase(),
      aCase({ name: 'no thieves', from: account('shop/thief'), expect: 'deny' }),
    ]
    expect(messages({ grants: [grant], policyTests: [{ cases, invariants: [closed] }] })).toEqual(
      [],
    )
  })

  it('fails where a case expects otherwise, at the line of the case', () => {
    const cases = [aCase({ expect: 'deny' }), aCase({ request: { ...get, path: '/pens' } })]
    expect(messages({ grants: [grant], policyTests: [{ cases }] })).toEqual([
      'PLB0701 91 "buyers buy" expects shop/buyer -> store/books GET /books to be denied, and it is allowed (granted)',
      'PLB0701 91 "buyers buy" expects shop/buyer -> store/books GET /pens to be allowed, and it is denied (no rule allows it)',
    ])
  })

  it('fails where somebody beyond the invariant is granted anything', () => {
    const wider = aGrant({ from: ['shop/buyer', 'shop/thief'], to: 'store/books', http: [{}] })
    expect(messages({ grants: [wider], policyTests: [{ invariants: [closed] }] })).toEqual([
      'PLB0701 95 "only shoppers" is broken: shop/thief may call store/books',
    ])
  })

  it('fails where the namespace of an invariant is open', () => {
    expect(
      messages({ grants: [grant], permissive: true, policyTests: [{ invariants: [closed] }] }),
    ).toEqual([
      'PLB0701 95 "only shoppers" is broken: the namespace store is open to every identity of the mesh',
    ])
  })
})

describe('mutation testing', () => {
  function survivors(cases: readonly PolicyTestCase[]): readonly string[] {
    const intent = anIntent({ grants: [grant], policyTests: [{ cases }] })
    return survivingMutants(intent, accountsByCustom(intent), new MatchCompiler()).survivors.map(
      (mutant) => mutant.description,
    )
  }

  it('names every change of a rule that no test would notice', () => {
    expect(survivors([aCase()])).toEqual([
      'widens the path of match all of HTTPRouteGroup shop/routes in TrafficTarget store/grant',
      'widens the methods of match all of HTTPRouteGroup shop/routes in TrafficTarget store/grant',
    ])
  })

  it('names none when the tests pin what is denied, too', () => {
    expect(
      survivors([
        aCase(),
        aCase({ request: { ...get, method: 'POST' }, expect: 'deny' }),
        aCase({ request: { ...get, path: '/pens' }, expect: 'deny' }),
      ]),
    ).toEqual([])
  })
})
