import { describe, expect, it } from 'vitest'
import { accessDiff } from '../../../src/policy/access/access-diff.ts'
import { buildAccessRelation } from '../../../src/policy/access/access-relation.ts'
import { accessRows } from '../../../src/policy/access/access-rows.ts'
import { accountsByCustom } from '../../../src/policy/access/accounts-behind.ts'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import { runPolicyTests } from '../../../src/policy/access/run-policy-tests.ts'
import { toAccessColumns } from '../../../src/review/access/access-columns.ts'
import { printAccessChanges } from '../../../src/review/access/print-access-changes.ts'
import {
  account,
  aMatch,
  anEgress,
  anIngress,
  anIntent,
  at,
  type IntentFixture,
} from './an-intent.ts'

function rows(fixture: IntentFixture): readonly string[] {
  const relation = buildAccessRelation(anIntent(fixture))
  return accessRows(relation).map((row) => {
    const [from, to, , what, , granted] = toAccessColumns(row)
    return `${from} -> ${to} ${what} ${granted}`
  })
}

describe('a call that leaves the mesh', () => {
  it('is what an Egress allows each source, host and range, port by port', () => {
    const egress = anEgress({
      ipAddresses: ['203.0.113.0/24'],
      ports: [
        { number: 443, protocol: 'https' },
        { number: 80, protocol: 'http' },
      ],
      http: [aMatch({ pathRegex: '/pay', methods: ['POST'] })],
    })
    expect(rows({ egress: [egress] })).toEqual([
      'shop/buyer -> 203.0.113.0/24:443 https policy.yaml:61',
      'shop/buyer -> 203.0.113.0/24:80 POST /pay policy.yaml:61',
      'shop/buyer -> pay.example.com:443 https policy.yaml:61',
      'shop/buyer -> pay.example.com:80 POST /pay policy.yaml:61',
    ])
  })

  it('is none of a source whose namespace is not enrolled', () => {
    const sources = [{ account: account('elsewhere/buyer'), location: at(61) }]
    expect(rows({ egress: [anEgress({ sources })] })).toEqual([])
  })

  it('is every one where traffic is passed through, as the MeshPolicy or else the MeshConfig says', () => {
    expect([
      rows({ egressPassthrough: true, meshPolicies: [{ namespace: 'store', egress: 'strict' }] }),
      rows({ meshPolicies: [{ namespace: 'store', egress: 'passthrough' }] }),
    ]).toEqual([
      ['shop/* -> outside the mesh everything policy.yaml:5'],
      ['store/* -> outside the mesh everything policy.yaml:7'],
    ])
  })
})

describe('a call that enters the mesh', () => {
  it('is what an IngressBackend allows each of its sources', () => {
    const sources = [
      { type: 'service', service: account('edge/gateway'), location: at(72) },
      { type: 'principal', name: 'gateway.example.com', location: at(73) },
      { type: 'range', cidr: '203.0.113.0/24', location: at(74) },
    ] as const
    expect(rows({ ingress: [anIngress({ sources })] })).toEqual([
      'addresses 203.0.113.0/24 -> store/books:8080 http policy.yaml:74',
      'certificate gateway.example.com -> store/books:8080 http policy.yaml:73',
      'service edge/gateway -> store/books:8080 http policy.yaml:72',
    ])
  })

  it('breaks an invariant about the service, which can name no outsider', () => {
    const broken = (to: { readonly service?: string; readonly port?: number }) => {
      const invariant = {
        name: 'only shoppers',
        to: { namespace: 'store', ...to },
        onlyFrom: [{ namespace: 'edge' }],
        location: at(95),
      }
      const intent = anIntent({
        ingress: [anIngress()],
        policyTests: [{ invariants: [invariant] }],
      })
      const relation = buildAccessRelation(intent)
      const context = { intent, relation, compiler: new MatchCompiler() }
      return runPolicyTests(context, accountsByCustom(intent)).map(({ message }) => message)
    }
    const message =
      '"only shoppers" is broken: service edge/gateway may call store/books:8080 from outside the mesh'
    expect([
      broken({}),
      broken({ service: 'books', port: 8080 }),
      broken({ port: 9090 }),
      broken({ service: 'pens' }),
    ]).toEqual([[message], [message], [], []])
  })
})

it('a difference names what newly leaves or enters, and what no longer does', () => {
  const [before, after] = [
    { egress: [anEgress()] },
    { egress: [anEgress({ hosts: ['pay.example.com', '*.example.org'] })], ingress: [anIngress()] },
  ].map((fixture) => buildAccessRelation(anIntent(fixture)))
  if (before === undefined || after === undefined) throw new Error('two relations')
  const compiler = new MatchCompiler()
  expect(printAccessChanges(accessDiff(before, after, compiler))).toEqual([
    '+ service edge/gateway → store/books:8080   http   (policy.yaml:72)',
    '+ shop/buyer → *.example.org:443   https   (policy.yaml:61)',
  ])
  expect(printAccessChanges(accessDiff(after, before, compiler)).map((line) => line[0])).toEqual([
    '-',
    '-',
  ])
})
