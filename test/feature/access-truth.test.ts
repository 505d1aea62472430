/**
 * The truth of the access relation: for any mesh and any call, `ask` says that an account may be called exactly when the compiled
 * Envoy configuration of client and server delivers the call to it.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClusterInventory } from '../../src/model/cluster-inventory.ts'
import { toAccountKey } from '../../src/model/service-account.ts'
import { toServiceFqdn } from '../../src/model/service-name.ts'
import { buildAccessRelation } from '../../src/policy/access/access-relation.ts'
import { accountsInCluster } from '../../src/policy/access/accounts-behind.ts'
import { ask } from '../../src/policy/access/ask.ts'
import { MatchCompiler } from '../../src/policy/access/match-compiler.ts'
import { HTTP_METHODS } from '../../src/policy/intent/http-match.ts'
import type { Intent } from '../../src/policy/intent.ts'
import {
  anAccount,
  anEnrollment,
  anIntent,
  aServiceName,
  type GrantOptions,
  type MatchOptions,
} from '../support/intent-builders.ts'
import { anInventory } from '../support/inventory-builders.ts'
import { RenderedMesh } from '../support/rendered-mesh.ts'

const NAMESPACES = ['shop', 'store', 'vault'] as const
const ACCOUNTS = ['shop/buyer', 'shop/thief', 'store/v1', 'store/v2', 'vault/v1'] as const
const SERVICES = ['shop/front', 'store/front', 'store/back', 'vault/front'] as const
const PORTS = {
  web: { port: 80, targetPort: 8080 },
  admin: { port: 8081, targetPort: 9901 },
  sql: { port: 3306, targetPort: 13306 },
  raw: { port: 90, targetPort: 9090 },
} as const
const TCP_TARGETS: readonly number[] = [PORTS.sql.targetPort, PORTS.raw.targetPort]
const SERVICE_PORTS = [
  { name: 'http-web', ...PORTS.web },
  { name: 'http-admin', ...PORTS.admin },
  { name: 'tcp-sql', ...PORTS.sql },
  { name: 'tcp-raw', ...PORTS.raw },
] as const

const aPath = fc.constantFrom(
  '.*',
  '/',
  '/books',
  '/books(/\\d+)?',
  '/books/.*',
  '/[^/]+',
  '/(?i:admin).*',
  '/.*(s|n)',
  '/a/\\.\\.;.*',
  '/\\bbooks\\b.*',
  '//',
  '/%25.*|/x%3Cy',
)
const someHeaders = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.constantFrom<Readonly<Record<string, string>>>(
    { team: 'blue|green' },
    { team: '.*' },
    { team: 'blue', role: 'r.+' },
    { ':authority': 'front\\..*' },
    { ':authority': '[^:]*' },
    { ':authority': 'back.*:80' },
  ),
)
const aMatch: fc.Arbitrary<MatchOptions> = fc
  .record({
    path: aPath,
    methods: fc.oneof(
      fc.constant('*' as const),
      fc.uniqueArray(fc.constantFrom(...HTTP_METHODS), { minLength: 1, maxLength: 3 }),
    ),
    headers: someHeaders,
  })
  .map((match) => ({ ...match, name: JSON.stringify(match) }))

const aGrant = fc.record(
  {
    to: fc.constantFrom(...ACCOUNTS),
    from: fc.uniqueArray(fc.constantFrom(...ACCOUNTS, 'nowhere/ghost'), { maxLength: 3 }),
    http: fc.array(aMatch, { maxLength: 3 }),
    tcp: fc.constantFrom('any' as const, [], [13306], [13306, 9090], [8080]),
    port: fc.constantFrom(8080, 9901, 13306),
  },
  { requiredKeys: ['to', 'from'] },
)

const aSplit = fc.record({
  root: fc.constantFrom('store/front', 'store/back'),
  backends: fc.constantFrom<Readonly<Record<string, number>>>(
    { front: 1, back: 1 },
    { back: 3 },
    { back: 0, front: 2 },
    { gone: 5, back: 1 },
  ),
})

const aWorld = fc.record({
  permissive: fc.boolean(),
  access: fc.dictionary(
    fc.constantFrom(...NAMESPACES),
    fc.constantFrom('inherit' as const, 'strict' as const, 'permissive' as const),
  ),
  outside: fc.oneof(
    { weight: 3, arbitrary: fc.constant<readonly string[]>([]) },
    fc.constantFrom(...NAMESPACES).map((name): readonly string[] => [name]),
  ),
  behind: fc.record(
    Object.fromEntries(
      ACCOUNTS.map((account) => [account, fc.subarray(['front', 'back'] as const)]),
    ),
  ),
  grants: fc.array(aGrant, { maxLength: 8 }),
  splits: fc.uniqueArray(aSplit, { maxLength: 1, selector: ({ root }) => root }),
})
type World = typeof aWorld extends fc.Arbitrary<infer T> ? T : never

const aCall = fc.record({
  from: fc.constantFrom(...ACCOUNTS),
  to: fc.constantFrom(...SERVICES),
  port: fc.constantFrom(...Object.values(PORTS)),
  host: fc.constantFrom('short', 'full', 'with port'),
  method: fc.constantFrom(...HTTP_METHODS, 'PROPFIND'),
  path: fc.constantFrom(
    ...['/', '//', '///', '/books', '/books?x=../y', '//books', '/books/7', '/books/../admin'],
    ...['/books%2f7', '/%62ooks', '/ADMIN/x', '/a/../books', '/a/%2e%2e;x', '/a/..;x', '/x<y'],
    ...['/%%34%31', '/books/', '/new', '/a/b'],
  ),
  headers: fc.constantFrom<Readonly<Record<string, string>>>(
    {},
    { team: 'blue' },
    { team: 'green' },
    { team: '' },
    { team: 'blue', role: 'root' },
    { role: 'root' },
  ),
})
type Call = typeof aCall extends fc.Arbitrary<infer T> ? T : never

function toIntent(world: World): Intent {
  return anIntent({
    mesh: { permissive: world.permissive },
    namespaces: NAMESPACES.map((name) =>
      anEnrollment(name, { enrolled: !world.outside.includes(name) }),
    ),
    meshPolicies: Object.fromEntries(
      Object.entries(world.access).map(([namespace, access]) => [namespace, { access }]),
    ),
    grants: world.grants.map(
      (grant, index): GrantOptions => ({ ...grant, name: `grant-${index}` }),
    ),
    splits: world.splits,
  })
}

/** A pod an account. Which services it stands behind, its labels say. */
function toInventory(world: World): ClusterInventory {
  return anInventory({
    services: SERVICES.map((name) => ({
      name,
      ports: SERVICE_PORTS,
      selector: { [name.split('/')[1] ?? '']: 'yes' },
    })),
    pods: ACCOUNTS.map((account) => ({
      account,
      labels: Object.fromEntries((world.behind[account] ?? []).map((name) => [name, 'yes'])),
    })),
  })
}

function hostOf({ to, port, host }: Call): string {
  const service = aServiceName(to)
  const short = `${service.name}.${service.namespace}`
  if (host === 'short') return short
  return host === 'full' ? toServiceFqdn(service) : `${short}:${port.port}`
}

/** Accounts that the relation lets the caller reach behind the service. */
function answered(call: Call, intent: Intent, inventory: ClusterInventory): readonly string[] {
  const context = { intent, relation: buildAccessRelation(intent), compiler: new MatchCompiler() }
  const isTcp = TCP_TARGETS.includes(call.port.targetPort)
  const { method, path, headers } = call
  return accountsInCluster(
    intent,
    inventory,
  )(aServiceName(call.to))
    .filter((destination) => {
      const question = {
        source: anAccount(call.from),
        destination,
        port: call.port.targetPort,
        ...(!isTcp && { request: { method, path, headers }, host: hostOf(call) }),
      }
      return ask(question, context).allowed
    })
    .map(toAccountKey)
    .sort()
}

/** Accounts to whose pods Envoys deliver it. */
function delivered(call: Call, mesh: RenderedMesh): readonly string[] {
  const isTcp = TCP_TARGETS.includes(call.port.targetPort)
  const { method, path, headers } = call
  const outcomes = mesh.call({
    from: call.from,
    to: call.to,
    port: call.port.port,
    request: isTcp ? null : { method, path, headers, authority: hostOf(call) },
  })
  const reached = outcomes.flatMap((outcome) =>
    outcome.type === 'delivered' ? [outcome.to.replace(/.*\/ns\/(.*)\/sa\//, '$1/')] : [],
  )
  return [...new Set(reached)].sort()
}

describe('the access relation', () => {
  it('says what the compiled configuration does, for any mesh and any call', () => {
    let allowed = 0
    let denied = 0
    fc.assert(
      fc.property(aWorld, fc.array(aCall, { minLength: 8, maxLength: 16 }), (world, calls) => {
        const intent = toIntent(world)
        const inventory = toInventory(world)
        const mesh = new RenderedMesh({ intent, inventory })
        for (const call of calls) {
          const said = answered(call, intent, inventory)
          if (world.outside.includes(anAccount(call.from).namespace)) expect(said).toEqual([])
          else expect(said, JSON.stringify(call)).toEqual(delivered(call, mesh))
          if (said.length > 0) allowed++
          else denied++
        }
      }),
      { numRuns: 500 },
    )
    // A law about a relation that allows nothing, or everything, would be no law.
    expect(Math.min(allowed, denied)).toBeGreaterThan(500)
  }, 120_000)
})
