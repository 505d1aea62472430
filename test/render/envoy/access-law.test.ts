/**
 * The law of the whole compiler: for any mesh and any call, what the rendered configuration does is what the policies say. The
 * right-hand side is written from the decisions alone and shares no code with rendering.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findInconsistencies } from '../../../src/render/envoy/consistent.ts'
import { toLeafSecret } from '../../../src/render/envoy/leaf-secret.ts'
import type { HttpRequest } from '../../support/envoy-evaluator/http-request.ts'
import type { GrantOptions, MatchOptions, SplitOptions } from '../../support/intent-builders.ts'
import { anEnrollment, anIntent } from '../../support/intent-builders.ts'
import { anInventory } from '../../support/inventory-builders.ts'
import { print, RenderedMesh } from '../../support/rendered-mesh.ts'

const ACCOUNTS = ['a/one', 'a/two', 'b/one', 'b/two', 'c/one'] as const
const NAMESPACES = ['a', 'b', 'c'] as const
const HTTP = 8000
const TCP = 9000
const PORTS = [
  { name: 'http', port: 80, targetPort: HTTP },
  { name: 'tcp-raw', port: 90, targetPort: TCP },
] as const

/** Services `x` and `y` of each namespace; pods of both accounts may stand behind either. */
const SERVICES = NAMESPACES.flatMap((namespace) => [`${namespace}/x`, `${namespace}/y`])

const PATHS = ['/', '/a', '/a/b', '/b'] as const
const PATTERNS = ['.*', '/a', '/a/.*', '/b?', '/(a|b)', '/[^a].*'] as const
const METHODS = ['GET', 'POST', 'PUT'] as const

interface Mesh {
  readonly permissive: boolean
  readonly access: Readonly<Record<string, 'inherit' | 'strict' | 'permissive'>>
  readonly gone: readonly string[]
  /** Services behind which each account's pod stands. */
  readonly behind: Readonly<Record<string, readonly ('x' | 'y')[]>>
  readonly grants: readonly GrantOptions[]
  readonly splits: readonly SplitOptions[]
}

const anyMatch: fc.Arbitrary<MatchOptions> = fc
  .record({
    path: fc.constantFrom(...PATTERNS),
    methods: fc.oneof(
      fc.constant('*' as const),
      fc.uniqueArray(fc.constantFrom(...METHODS), { minLength: 1, maxLength: 2 }),
    ),
    headers: fc.oneof(fc.constant({}), {
      weight: 2,
      arbitrary: fc.constantFrom({ role: 'r.*' }, { role: 'root' }, { ':authority': 'x.*' }),
    }),
  })
  .map((match) => ({ ...match, name: JSON.stringify(match) }))

const anyGrant = fc.record(
  {
    to: fc.constantFrom(...ACCOUNTS),
    from: fc.uniqueArray(fc.constantFrom(...ACCOUNTS), { maxLength: 3 }),
    http: fc.array(anyMatch, { maxLength: 2 }),
    tcp: fc.constantFrom('any' as const, [TCP], [TCP + 1], []),
    port: fc.constantFrom(HTTP, TCP),
  },
  { requiredKeys: ['to', 'from'] },
)

const anySplit = fc
  .record({
    namespace: fc.constantFrom(...NAMESPACES),
    backends: fc.constantFrom(
      { x: 1, y: 1 },
      { y: 1 },
      { x: 0, y: 3 },
      { nowhere: 1, y: 1 },
      { nowhere: 1 },
    ),
    matches: fc.array(anyMatch, { maxLength: 1 }),
  })
  .map(({ namespace, ...rest }) => ({ root: `${namespace}/x`, ...rest }))

const anyMesh: fc.Arbitrary<Mesh> = fc.record({
  permissive: fc.boolean(),
  access: fc.dictionary(
    fc.constantFrom(...NAMESPACES),
    fc.constantFrom('inherit', 'strict', 'permissive'),
  ),
  gone: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.subarray(['b', 'c'], { maxLength: 1 }),
  ),
  behind: fc.record(
    Object.fromEntries(ACCOUNTS.map((account) => [account, fc.subarray(['x', 'y'] as const)])),
  ),
  grants: fc
    .array(anyGrant, { maxLength: 6 })
    .map((grants) => grants.map((grant, index) => ({ ...grant, name: `g${index}` }))),
  splits: fc.uniqueArray(anySplit, { maxLength: 2, selector: ({ root }) => root }),
})

const anyRequest = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      path: fc.constantFrom(...PATHS),
      method: fc.constantFrom(...METHODS, 'PROPFIND'),
      headers: fc.constantFrom({}, { role: 'root' }, { role: 'reader' }),
    }),
  },
  { weight: 1, arbitrary: fc.constant(null) },
)

type Asked = Pick<HttpRequest, 'path' | 'method' | 'headers'> | null

const anyCall = fc.record({
  from: fc.constantFrom(...ACCOUNTS),
  to: fc.constantFrom(...SERVICES),
  request: anyRequest,
})

function renderMesh(mesh: Mesh): RenderedMesh {
  const meshPolicies = Object.fromEntries(
    Object.entries(mesh.access).map(([namespace, access]) => [namespace, { access }]),
  )
  return new RenderedMesh({
    intent: anIntent({
      mesh: { permissive: mesh.permissive },
      namespaces: NAMESPACES.map((name) =>
        anEnrollment(name, { enrolled: !mesh.gone.includes(name) }),
      ),
      meshPolicies,
      grants: mesh.grants,
      splits: mesh.splits,
    }),
    inventory: anInventory({
      services: SERVICES.map((name) => ({
        name,
        ports: PORTS,
        selector: { [name.slice(2)]: 'yes' },
      })),
      pods: ACCOUNTS.map((account) => ({
        account,
        labels: Object.fromEntries((mesh.behind[account] ?? []).map((service) => [service, 'yes'])),
      })),
    }),
  })
}

/** ---- What the policies say. ---- */

interface Question {
  readonly mesh: Mesh
  readonly from: string
  readonly request: HttpRequest | null
}

function namespaceOf(name: string): string {
  return name.slice(0, 1)
}

function isOpen({ permissive, access }: Mesh, namespace: string): boolean {
  const own = access[namespace] ?? 'inherit'
  return own === 'inherit' ? permissive : own === 'permissive'
}

function accountsBehind({ behind }: Mesh, service: string): readonly string[] {
  const [namespace, name] = service.split('/')
  return ACCOUNTS.filter(
    (account) => namespaceOf(account) === namespace && behind[account]?.some((own) => own === name),
  )
}

function grantsBetween({ grants }: Mesh, from: string, to: string): readonly GrantOptions[] {
  return grants.filter((grant) => grant.to === to && grant.from?.includes(from))
}

function reaches(mesh: Mesh, from: string, to: string): boolean {
  return isOpen(mesh, namespaceOf(to)) || grantsBetween(mesh, from, to).length > 0
}

function matchesRequest(match: MatchOptions, request: HttpRequest): boolean {
  const isMethod = match.methods === '*' || match.methods?.some((one) => one === request.method)
  const headers: Record<string, string> = { ...request.headers, ':authority': request.authority }
  const areHeaders = Object.entries(match.headers ?? {}).every(([name, pattern]) => {
    const value = headers[name]
    return value !== undefined && new RegExp(`^(?:${pattern})$`).test(value)
  })
  return isMethod === true && areHeaders && new RegExp(`^(?:${match.path})$`).test(request.path)
}

function coversPort({ port }: GrantOptions, targetPort: number): boolean {
  return port === undefined || port === targetPort
}

function expectAtPod({ mesh, from, request }: Question, to: string): string {
  const delivered = `delivered to ${to.slice(2)}:${request === null ? TCP : HTTP}`
  if (isOpen(mesh, namespaceOf(to))) return delivered
  const mine = grantsBetween(mesh, from, to)
  if (request === null) {
    const opened = mine.filter((grant) => coversPort(grant, TCP) && grant.tcp !== undefined)
    const isAllowed = opened.some(({ tcp }) => tcp === 'any' || tcp?.includes(TCP))
    return isAllowed ? delivered : 'closed by server: RBAC denies the connection'
  }
  const asks = (grant: GrantOptions): boolean =>
    coversPort(grant, HTTP) && (grant.http ?? []).some((match) => matchesRequest(match, request))
  const mayConnect = mine.some((grant) => coversPort(grant, HTTP) && (grant.http ?? []).length > 0)
  if (!mayConnect) return '503 by client'
  if (mine.some(asks)) return delivered
  return mesh.grants.some((grant) => grant.to === to && asks(grant))
    ? '403 by server'
    : '404 by server'
}

function backendsFor({ mesh, request }: Question, service: string): readonly string[] {
  const split = mesh.splits.find(({ root }) => root === service)
  if (split === undefined) return [service]
  const { matches = [] } = split
  const governs =
    matches.length === 0 ||
    (request !== null && matches.some((match) => matchesRequest(match, request)))
  if (!governs) return [service]
  return Object.entries(split.backends)
    .filter(([name, weight]) => name !== 'nowhere' && weight > 0)
    .map(([name]) => `${namespaceOf(service)}/${name}`)
}

function canAddress({ mesh, from }: Question, service: string): boolean {
  if (mesh.gone.includes(namespaceOf(service))) return false
  const isReached = (one: string): boolean =>
    isOpen(mesh, namespaceOf(one)) ||
    accountsBehind(mesh, one).some((account) => reaches(mesh, from, account))
  const split = mesh.splits.find(({ root }) => root === service)
  const backends = Object.keys(split?.backends ?? {}).filter((name) => name !== 'nowhere')
  return [service, ...backends.map((name) => `${namespaceOf(service)}/${name}`)].some(isReached)
}

function expected(question: Question, service: string): readonly string[] {
  const { mesh, from, request } = question
  const nobody = request === null ? 'closed by client' : '503 by client'
  if (!canAddress(question, service)) return ['unreachable']
  const backends = backendsFor(question, service)
  if (backends.length === 0) return [request === null ? 'unreachable' : '503 by client']
  const outcomes = backends.flatMap((backend) => {
    const offered = accountsBehind(mesh, backend).filter((account) => reaches(mesh, from, account))
    return offered.length === 0
      ? [nobody]
      : offered.map((account) => expectAtPod(question, account))
  })
  return [...new Set(outcomes)].sort()
}

/** Which of the two ways of not being reachable it is depends on what else the client can reach. */
function simplify(outcome: string): string {
  if (outcome === 'refused' || outcome === 'closed by client: no filter chain') return 'unreachable'
  return outcome.startsWith('closed by client: no endpoint') ? 'closed by client' : outcome
}

/** Many grants to one account: what overlapping rules do to one another. */
const crowdedMesh: fc.Arbitrary<Mesh> = fc
  .array(
    fc.record({
      to: fc.constant('a/one'),
      from: fc.subarray(['b/one', 'b/two']),
      http: fc.array(anyMatch, { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 2, maxLength: 4 },
  )
  .map((grants) => ({
    permissive: false,
    access: {},
    gone: [],
    behind: { 'a/one': ['x'] },
    grants: grants.map((grant, index) => ({ ...grant, name: `g${index}` })),
    splits: [],
  }))

const crowdedCall = fc.record({
  from: fc.constantFrom('b/one', 'b/two'),
  to: fc.constant('a/x'),
  request: anyRequest,
})

function holds(mesh: Mesh, calls: readonly { from: string; to: string; request: Asked }[]): void {
  const rendered = renderMesh(mesh)
  for (const { from, to, request } of calls) {
    if (mesh.gone.includes(namespaceOf(from))) continue
    const port = request === null ? 90 : 80
    const authority = `${to.slice(2)}.${to.slice(0, 1)}`
    const asked = request && { authority, ...request }
    const outcomes = print(rendered.call({ from, to, port, request: asked }))
    const seen = [...new Set(outcomes.map(simplify))].sort()
    expect(seen, `${from} -> ${to} ${JSON.stringify(request)}`).toEqual(
      expected({ mesh, from, request: asked }, to),
    )
  }
}

it('does to every call what the policies say, where many rules overlap', () => {
  const calls = fc.array(crowdedCall, { minLength: 10, maxLength: 20 })
  fc.assert(fc.property(crowdedMesh, calls, holds), { numRuns: 400 })
}, 120_000)

it('does to every call what the policies say', () => {
  const calls = fc.array(anyCall, { minLength: 5, maxLength: 12 })
  fc.assert(fc.property(anyMesh, calls, holds), { numRuns: 300 })
}, 120_000)

it('refers to exactly what it holds, whatever the mesh', () => {
  fc.assert(
    fc.property(anyMesh, (mesh) => {
      const rendered = renderMesh(mesh)
      for (const view of rendered.snapshot.views.values()) {
        const resources = rendered.resources(view)
        const leaf = toLeafSecret({ account: view.account, chainPem: '', keyPem: '' })
        const usesTls = resources.secret.size > 0
        expect(findInconsistencies(resources, usesTls ? leaf : undefined)).toEqual([])
      }
    }),
    { numRuns: 100 },
  )
}, 60_000)
