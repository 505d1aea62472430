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
import { printAccessChanges } from '../../../src/review/access/print-access-changes.ts'
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

describe('an invariant about a port', () => {
  const sql = { ...closed, to: { namespace: 'store', service: 'books', port: 3306 } }

  it.each([
    ['a TCPRoute for it', { tcp: [[3306]] }, 1],
    ['a TCPRoute for every port', { tcp: ['any' as const] }, 1],
    ['HTTP rules, as any port may speak HTTP', { http: [{}] }, 1],
    ['a TCPRoute for another port', { tcp: [[5432]] }, 0],
    ['a grant for another port', { http: [{}], port: 8080 }, 0],
  ])('counts %s', (_name, rules, broken) => {
    const other = aGrant({ from: ['shop/thief'], to: 'store/books', ...rules })
    expect(messages({ grants: [other], policyTests: [{ invariants: [sql] }] }).length).toBe(broken)
  })
})

describe('mutation testing', () => {
  interface Fixture extends IntentFixture {
    readonly cases?: readonly PolicyTestCase[]
    readonly invariants?: readonly PolicyInvariant[]
  }

  function mutate({ cases = [], invariants = [], grants = [grant], ...rest }: Fixture) {
    const intent = anIntent({ grants, policyTests: [{ cases, invariants }], ...rest })
    const { tried, survivors } = survivingMutants({
      intent,
      accountsBehind: accountsByCustom(intent),
      compiler: new MatchCompiler(),
    })
    return {
      tried,
      survivors: survivors.map(({ description, change }) => [
        description,
        ...printAccessChanges([change]),
      ]),
    }
  }

  it('names every change of a rule that no test would notice, and what it would do', () => {
    expect(mutate({ cases: [aCase()] })).toEqual({
      tried: 4,
      survivors: [
        [
          'widens the path of match all of HTTPRouteGroup shop/routes in TrafficTarget store/grant',
          '+ shop/buyer → store/books   GET, e.g. GET /   (policy.yaml:12)',
        ],
        [
          'widens the methods of match all of HTTPRouteGroup shop/routes in TrafficTarget store/grant',
          '+ shop/buyer → store/books   HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT, TRACE, others, e.g. HEAD /books   (policy.yaml:12)',
        ],
      ],
    })
  })

  it('names none when the tests pin what is denied, too', () => {
    const cases = [
      aCase(),
      aCase({ request: { ...get, method: 'POST' }, expect: 'deny' }),
      aCase({ request: { ...get, path: '/pens' }, expect: 'deny' }),
    ]
    expect(mutate({ cases })).toEqual({ tried: 4, survivors: [] })
  })

  it('leaves out what makes no difference, as another rule allows the same', () => {
    const twice = aGrant({ from: ['shop/buyer'], to: 'store/books', name: 'twice', http: [{}] })
    expect(mutate({ grants: [grant, twice] }).survivors.map(([text]) => text)).toEqual([
      'drops source shop/buyer from TrafficTarget store/twice',
      'drops match all of HTTPRouteGroup shop/routes from TrafficTarget store/twice',
    ])
  })

  it('tries nothing in an open namespace, where rules decide nothing', () => {
    expect(mutate({ permissive: true })).toEqual({ tried: 0, survivors: [] })
  })

  it('widens ports', () => {
    const sql = aGrant({ from: ['shop/buyer'], to: 'store/books', tcp: [[3306]], port: 3306 })
    expect(mutate({ grants: [sql] }).survivors).toEqual([
      [
        'drops source shop/buyer from TrafficTarget store/grant',
        '- shop/buyer → store/books:3306   TCP port 3306   (policy.yaml:13)',
      ],
      [
        'widens TrafficTarget store/grant from port 3306 to every port',
        '+ shop/buyer → store/books   TCP port 3306   (policy.yaml:13)',
      ],
      [
        'drops TCPRoute shop/tcp from TrafficTarget store/grant',
        '- shop/buyer → store/books:3306   TCP port 3306   (policy.yaml:13)',
      ],
      [
        'widens TCPRoute shop/tcp to every TCP port in TrafficTarget store/grant',
        '+ shop/buyer → store/books:3306   every TCP port but 3306   (policy.yaml:13)',
      ],
    ])
  })

  it('counts a change that an invariant about the whole namespace notices', () => {
    const nobody = { ...closed, onlyFrom: [] }
    expect(mutate({ invariants: [nobody], grants: [] })).toEqual({ tried: 0, survivors: [] })
    const open = aGrant({ from: ['shop/buyer'], to: 'store/books', tcp: [[1], [2]] })
    const about2 = { ...closed, onlyFrom: [], to: { namespace: 'store', port: 3 } }
    expect(
      mutate({ invariants: [about2], grants: [open] }).survivors.map(([text]) => text),
    ).not.toContain('widens TCPRoute shop/tcp to every TCP port in TrafficTarget store/grant')
  })
})
