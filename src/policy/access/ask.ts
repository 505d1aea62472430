/** Answers who may call what from the Intent, with the lines that decide it. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant, HttpGrant, TcpGrant } from '../intent/grant.ts'
import type { Intent } from '../intent.ts'
import type { AccessAnswer, AccessQuestion, MissedPart, NearMiss } from './access-question.ts'
import type { AccessRelation } from './access-relation.ts'
import type { MatchCompiler } from './match-compiler.ts'

export interface AccessContext {
  readonly intent: Intent
  readonly relation: AccessRelation
  readonly compiler: MatchCompiler
}

/** How one rule fares against a question: what about it failed, nothing when it allows the call. */
interface Trial {
  readonly grant: Grant
  readonly location: SourceLocation
  readonly failed: readonly MissedPart[]
}

export function ask(question: AccessQuestion, context: AccessContext): AccessAnswer {
  const { enrolled, open } = context.relation
  if (!enrolled.has(question.source.namespace))
    return { allowed: false, reason: 'source not enrolled' }
  if (!enrolled.has(question.destination.namespace))
    return { allowed: false, reason: 'destination not enrolled' }
  const opened = open.get(question.destination.namespace)
  if (opened !== undefined)
    return {
      allowed: true,
      reason: 'open namespace',
      locations: opened.location === undefined ? [] : [opened.location],
    }
  return judge(trials(question, context))
}

function judge(tried: readonly Trial[]): AccessAnswer {
  const granting = tried.filter((trial) => trial.failed.length === 0)
  if (granting.length > 0)
    return { allowed: true, reason: 'granted', locations: granting.map(({ location }) => location) }
  const nearest = tried.toSorted((a, b) => a.failed.length - b.failed.length)[0]
  return {
    allowed: false,
    reason: 'no rule allows it',
    ...(nearest && { nearest: toNearMiss(nearest) }),
  }
}

function toNearMiss({ grant, location, failed }: Trial): NearMiss {
  return { trafficTarget: grant.id, location, failed }
}

function trials(question: AccessQuestion, { intent, compiler }: AccessContext): readonly Trial[] {
  const destination = toAccountKey(question.destination)
  return [...intent.grants]
    .filter(([, grant]) => toAccountKey(grant.destination) === destination)
    .sort(([a], [b]) => byCodeUnit(a, b))
    .flatMap(([, grant]) => {
      const common = commonFailures(grant, question)
      return question.request === undefined
        ? grant.tcp.map((rule) => tcpTrial(grant, rule, common, question))
        : grant.http.map((rule) => httpTrial(grant, rule, common, question, compiler))
    })
}

function commonFailures(grant: Grant, question: AccessQuestion): readonly MissedPart[] {
  const failed: MissedPart[] = []
  if (!isSource(grant, question.source)) failed.push({ type: 'source' })
  if (grant.port !== undefined && grant.port !== question.port)
    failed.push({ type: 'port', wanted: grant.port })
  return failed
}

function isSource(grant: Grant, account: ServiceAccount): boolean {
  const key = toAccountKey(account)
  return grant.sources.some((source) => toAccountKey(source.account) === key)
}

function tcpTrial(
  grant: Grant,
  rule: TcpGrant,
  common: readonly MissedPart[],
  question: AccessQuestion,
): Trial {
  const { ports } = rule
  const opens = ports === 'any' || (question.port !== undefined && ports.includes(question.port))
  const missed: readonly MissedPart[] = opens ? [] : [{ type: 'port', wanted: ports }]
  return { grant, location: rule.location, failed: [...common, ...missed] }
}

function httpTrial(
  grant: Grant,
  rule: HttpGrant,
  common: readonly MissedPart[],
  question: AccessQuestion,
  compiler: MatchCompiler,
): Trial {
  return {
    grant,
    location: rule.location,
    failed: [...common, ...missedParts(rule, question, compiler)],
  }
}

/** Widens one part of the match at a time: what makes the request match when widened is what failed. */
function missedParts(
  { match }: HttpGrant,
  { request }: AccessQuestion,
  compiler: MatchCompiler,
): readonly MissedPart[] {
  if (request === undefined) return []
  const any = { methods: '*', pathRegex: '.*', headers: [] } as const
  const parts: readonly (readonly [Parameters<MatchCompiler['compile']>[0], MissedPart])[] = [
    [
      { ...any, methods: match.methods },
      { type: 'method', wanted: [match.methods].flat() },
    ],
    [
      { ...any, pathRegex: match.pathRegex },
      { type: 'path', wanted: match.pathRegex },
    ],
    ...match.headers.map(
      (header) =>
        [
          { ...any, headers: [header] },
          { type: 'header', name: header.name, wanted: header.valueRegex },
        ] as const,
    ),
  ]
  return parts.filter(([part]) => !compiler.compile(part).has(request)).map(([, missed]) => missed)
}
