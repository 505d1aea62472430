/** Adds up the grants to one service account (D14). */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type AccountKey, toAccountKey } from '../../model/service-account.ts'
import type { Grant, HttpGrant } from '../../policy/intent/grant.ts'
import type { ConnectionRule, HttpRule, InboundPolicy } from './mesh-snapshot.ts'
import type { NamespaceMode } from './namespace-mode.ts'

/** `enrolled` names the namespaces whose accounts count: one that leaves the mesh loses its access at once. */
export function toInboundPolicy(
  mode: NamespaceMode,
  enrolled: ReadonlySet<string>,
  ...grants: readonly Grant[]
): InboundPolicy {
  if (mode.open) return { type: 'open', origins: mode.origins }
  return {
    type: 'closed',
    http: toHttpRules(grants, enrolled),
    connections: grants.map((grant) => toConnectionRule(grant, enrolled)),
    origins: grants.flatMap((grant) => [
      grant.location,
      ...[...grant.http, ...grant.tcp].map(({ location }) => location),
    ]),
  }
}

function principalsOf(grant: Grant, enrolled: ReadonlySet<string>): readonly AccountKey[] {
  const accounts = grant.sources.map(({ account }) => account)
  const counted = accounts.filter((account) => enrolled.has(account.namespace))
  return [...new Set(counted.map(toAccountKey))].sort(byCodeUnit)
}

function toConnectionRule(grant: Grant, enrolled: ReadonlySet<string>): ConnectionRule {
  const ports = grant.tcp.map((tcp) => tcp.ports)
  return {
    name: `${grant.id.namespace}/${grant.id.name}`,
    ...(grant.port !== undefined && { port: grant.port }),
    principals: principalsOf(grant, enrolled),
    opensHttp: grant.http.length > 0,
    tcpPorts: ports.includes('any') ? 'any' : sortedNumbers(ports),
  }
}

function sortedNumbers(ports: readonly ('any' | readonly number[])[]): readonly number[] {
  const numbers = ports.flatMap((some) => (some === 'any' ? [] : some))
  return [...new Set(numbers)].sort((a, b) => a - b)
}

interface MergedRule {
  readonly names: Set<string>
  readonly principals: Set<AccountKey>
  readonly condition: Omit<HttpRule, 'name' | 'principals'>
}

/** Matches that say the same are one rule, whoever wrote them, with the principals of all of them. */
function toHttpRules(grants: readonly Grant[], enrolled: ReadonlySet<string>): readonly HttpRule[] {
  const merged = new Map<string, MergedRule>()
  for (const grant of grants) {
    const principals = principalsOf(grant, enrolled)
    for (const { match } of grant.http) {
      const rule = ruleFor(merged, match, grant.port)
      rule.names.add(`${match.group.namespace}/${match.group.name}/${match.name}`)
      for (const principal of principals) rule.principals.add(principal)
    }
  }
  return withNames([...merged.values()]).sort(bySpecificity)
}

function ruleFor(
  merged: Map<string, MergedRule>,
  { pathRegex, methods, headers }: HttpGrant['match'],
  port: number | undefined,
): MergedRule {
  const condition = { pathRegex, methods, headers, ...(port !== undefined && { port }) }
  const key = JSON.stringify([
    pathRegex,
    methods,
    headers.map(({ name, valueRegex }) => [name, valueRegex]),
    port ?? 0,
  ])
  const known = merged.get(key)
  if (known !== undefined) return known
  const rule = { names: new Set<string>(), principals: new Set<AccountKey>(), condition }
  merged.set(key, rule)
  return rule
}

/** A name once given is not given again: the same match with and without a port restriction is two rules. */
function withNames(rules: readonly MergedRule[]): HttpRule[] {
  const taken = new Set<string>()
  return rules.map(({ names, principals, condition }) => {
    const [first = ''] = [...names].sort(byCodeUnit)
    const plain = condition.port === undefined ? first : `${first}:${condition.port}`
    let name = plain
    for (let copy = 2; taken.has(name); copy++) name = `${plain}#${copy}`
    taken.add(name)
    return { ...condition, name, principals: [...principals].sort(byCodeUnit) }
  })
}

/** Literal paths before patterns, longer before shorter, more headers before fewer, named methods before any. */
function bySpecificity(a: HttpRule, b: HttpRule): number {
  return (
    Number(isPattern(a)) - Number(isPattern(b)) ||
    b.pathRegex.length - a.pathRegex.length ||
    b.headers.length - a.headers.length ||
    Number(a.methods === '*') - Number(b.methods === '*') ||
    byCodeUnit(a.pathRegex, b.pathRegex) ||
    byCodeUnit(a.name, b.name)
  )
}

function isPattern({ pathRegex }: HttpRule): boolean {
  return /[\\^$.*+?()[\]{}|]/.test(pathRegex)
}
