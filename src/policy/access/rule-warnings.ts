/** Rules that do nothing, found on automata: matches that no request has, and rules that another TrafficTarget makes needless. */
import type { Problem } from '../../model/problem.ts'
import { type AccountKey, toAccountKey } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant, HttpGrant } from '../intent/grant.ts'
import type { HttpMatch } from '../intent/http-match.ts'
import type { Intent } from '../intent.ts'
import { judgePathPattern } from '../kinds/fields/unmatchable-path.ts'
import { PROBLEM_CODES } from '../problem-codes.ts'
import type { AccessRelation } from './access-relation.ts'
import type { MatchCompiler } from './match-compiler.ts'

/** Beyond so many grants to one account, comparing each with each costs more than the hint is worth. */
const MAX_COMPARED = 300

export function ruleWarnings(
  intent: Intent,
  relation: AccessRelation,
  compiler: MatchCompiler,
): readonly Problem[] {
  return [
    ...deadMatches(intent, compiler),
    ...[...relation.byDestination.values()].flatMap((grants) => judged(grants, compiler)),
  ]
}

interface Judgement {
  readonly grants: readonly Grant[]
  readonly problems: readonly Problem[]
}

/** What was said last of the grants to an account, by the first of them: it is said again of the same ones. */
const judgements = new WeakMap<MatchCompiler, WeakMap<Grant, Judgement>>()

function judged(grants: readonly Grant[], compiler: MatchCompiler): readonly Problem[] {
  const [first] = grants
  if (first === undefined || grants.length < 2) return []
  const known = judgements.get(compiler) ?? new WeakMap<Grant, Judgement>()
  judgements.set(compiler, known)
  const before = known.get(first)
  if (before !== undefined && isSame(before.grants, grants)) return before.problems
  const problems = needlessRules(grants, compiler)
  known.set(first, { grants, problems })
  return problems
}

function isSame(before: readonly Grant[], grants: readonly Grant[]): boolean {
  return before.length === grants.length && before.every((grant, index) => grant === grants[index])
}

function deadMatches(intent: Intent, compiler: MatchCompiler): readonly Problem[] {
  const matches = new Set<HttpMatch>()
  for (const grant of intent.grants.values()) for (const { match } of grant.http) matches.add(match)
  for (const splits of intent.splits.values())
    for (const split of splits) for (const match of split.matches) matches.add(match)
  const seen = new Set<string>()
  return [...matches].flatMap((match) => {
    if (compiler.canMatch(match)) return []
    const place = printPlace(match.location)
    if (seen.has(place)) return []
    seen.add(place)
    // Reading has said so already.
    if (judgePathPattern(match.pathRegex) !== undefined) return []
    const header = match.headers.find((one) => !compiler.canMatch({ ...ANY, headers: [one] }))
    return [header === undefined ? deadPath(match) : deadHeader(match, header)]
  })
}

const ANY = { methods: '*', pathRegex: '.*', headers: [] } as const

function deadPath(match: HttpMatch): Problem {
  return {
    code: 'PLB0711',
    severity: PROBLEM_CODES.PLB0711.severity,
    location: match.location,
    path: 'pathRegex',
    message: `no request matches ${match.name}: sidecars normalise paths before they compare, and ${JSON.stringify(match.pathRegex.slice(0, 80))} matches none that is left`,
    fix: 'write the path without empty and dot segments, and with unreserved characters as they are',
  }
}

function deadHeader(match: HttpMatch, header: HttpMatch['headers'][number]): Problem {
  return {
    code: 'PLB0711',
    severity: PROBLEM_CODES.PLB0711.severity,
    location: match.location,
    path: 'headers',
    message: `no request matches ${match.name}: no value of ${header.name} matches ${JSON.stringify(header.valueRegex.slice(0, 80))}, as values neither begin nor end with a space`,
    fix: 'mend the pattern of the header, or leave the header out',
  }
}

/** Rules of one TrafficTarget that a rule of another allows already, to all the same sources. */
function needlessRules(grants: readonly Grant[], compiler: MatchCompiler): readonly Problem[] {
  if (grants.length > MAX_COMPARED) return []
  const sources = new Map(grants.map((grant) => [grant, sourcesOf(grant)]))
  return grants.flatMap((grant) => {
    const others = grants.filter((other) => other !== grant && includes(other, grant, sources))
    if (others.length === 0) return []
    return grant.http.flatMap((rule) => {
      const wider = others
        .flatMap((other) => other.http.map((candidate) => ({ other, candidate })))
        .find(({ other, candidate }) =>
          coversRule([other, candidate], [grant, rule], sources, compiler),
        )
      return wider === undefined ? [] : [needless(grant, rule, wider.other, wider.candidate)]
    })
  })
}

type Sources = ReadonlyMap<Grant, ReadonlySet<AccountKey>>

function sourcesOf(grant: Grant): ReadonlySet<AccountKey> {
  return new Set(grant.sources.map(({ account }) => toAccountKey(account)))
}

/** Whether `wide` lets in everybody that `narrow` lets in, and on every port. */
function includes(wide: Grant, narrow: Grant, sources: Sources): boolean {
  if (narrow.sources.length === 0 || wide.sources.length < narrow.sources.length) return false
  if (wide.port !== undefined && wide.port !== narrow.port) return false
  const among = sources.get(wide)
  return narrow.sources.every(({ account }) => among?.has(toAccountKey(account)) === true)
}

type Rule = readonly [Grant, HttpGrant]

/** Of two that allow the same, the one that stands later is needless. */
function coversRule(wide: Rule, narrow: Rule, sources: Sources, compiler: MatchCompiler): boolean {
  if (!compiler.canMatch(narrow[1].match)) return false
  if (!compiler.covers(wide[1].match, narrow[1].match)) return false
  const isMutual =
    includes(narrow[0], wide[0], sources) && compiler.covers(narrow[1].match, wide[1].match)
  return !isMutual || printPlace(wide[1].location) < printPlace(narrow[1].location)
}

function needless(grant: Grant, rule: HttpGrant, other: Grant, wider: HttpGrant): Problem {
  const from = grant.sources.map(({ account }) => toAccountKey(account)).join(', ')
  return {
    code: 'PLB0710',
    severity: PROBLEM_CODES.PLB0710.severity,
    location: rule.location,
    path: 'spec.rules',
    message: `the match ${rule.match.name} of ${rule.match.group.name} allows ${from} nothing that TrafficTarget ${other.id.name} does not allow already, by ${wider.match.name} of ${wider.match.group.name}`,
    fix: 'remove it, or narrow the other: taking this one away alone denies nothing',
    related: [wider.location],
  }
}

/** Sorts as the places do, file by file. */
function printPlace({ file, line, column }: SourceLocation): string {
  return `${file}:${String(line).padStart(7, '0')}:${String(column).padStart(5, '0')}`
}
