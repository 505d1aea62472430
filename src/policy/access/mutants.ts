/** Wrong versions of an Intent, one rule changed in each: what a policy test that is worth having would notice. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { printObjectId } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant, HttpGrant } from '../intent/grant.ts'
import type { Intent } from '../intent.ts'

export interface Mutant {
  readonly type: 'drop' | 'widen'
  /** `drops match buy-books of HTTPRouteGroup bookstore/routes from TrafficTarget …`. */
  readonly description: string
  readonly location: SourceLocation
  readonly intent: Intent
}

export function* mutants(intent: Intent): Generator<Mutant> {
  for (const [key, grant] of [...intent.grants].sort(([a], [b]) => byCodeUnit(a, b)))
    for (const { grant: changed, ...mutant } of changedGrants(grant))
      yield { ...mutant, intent: { ...intent, grants: new Map(intent.grants).set(key, changed) } }
}

type ChangedGrant = Omit<Mutant, 'intent'> & { readonly grant: Grant }

function* changedGrants(grant: Grant): Generator<ChangedGrant> {
  const target = printObjectId(grant.id)
  for (const [index, source] of grant.sources.entries())
    yield {
      type: 'drop',
      location: source.location,
      description: `drops source ${source.account.namespace}/${source.account.name} from ${target}`,
      grant: { ...grant, sources: grant.sources.toSpliced(index, 1) },
    }
  for (const [index, rule] of grant.http.entries()) {
    const name = `match ${rule.match.name} of ${printObjectId(rule.match.group)}`
    yield {
      type: 'drop',
      location: rule.location,
      description: `drops ${name} from ${target}`,
      grant: { ...grant, http: grant.http.toSpliced(index, 1) },
    }
    for (const [part, wider] of widenings(rule))
      yield {
        type: 'widen',
        location: rule.match.location,
        description: `widens the ${part} of ${name} in ${target}`,
        grant: { ...grant, http: grant.http.with(index, wider) },
      }
  }
  for (const [index, rule] of grant.tcp.entries())
    yield {
      type: 'drop',
      location: rule.location,
      description: `drops ${printObjectId(rule.route)} from ${target}`,
      grant: { ...grant, tcp: grant.tcp.toSpliced(index, 1) },
    }
}

function widenings(rule: HttpGrant): readonly (readonly [string, HttpGrant])[] {
  const { match } = rule
  const wider: (readonly [string, HttpGrant])[] = []
  if (match.pathRegex !== '.*')
    wider.push(['path', { ...rule, match: { ...match, pathRegex: '.*' } }])
  if (match.methods !== '*') wider.push(['methods', { ...rule, match: { ...match, methods: '*' } }])
  if (match.headers.length > 0)
    wider.push(['headers', { ...rule, match: { ...match, headers: [] } }])
  return wider
}
