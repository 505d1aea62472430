/** Answers who may call what from the Intent, with the lines that decide it. */
import { type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant, HttpGrant, TcpGrant } from '../intent/grant.ts'
import type { Intent } from '../intent.ts'
import type { AccessAnswer, AccessQuestion, MissedPart, NearMiss } from './access-question.ts'
import type { AccessRelation } from './access-relation.ts'
import type { CompiledMatch, MatchCompiler } from './match-compiler.ts'
import { normalisePath } from './normalise-path.ts'
import type { HttpRequest } from './request-set.ts'

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
  const request = question.request && asRulesSeeIt(question.request, question.host)
  if (request === 'refused') return { allowed: false, reason: 'path refused' }
  const opened = open.get(question.destination.namespace)
  if (opened !== undefined)
    return {
      allowed: true,
      reason: 'open namespace',
      locations: opened.location === undefined ? [] : [opened.location],
    }
  return judge(trials({ ...question, ...(request && { request }) }, context))
}

function asRulesSeeIt(request: HttpRequest, host: string | undefined): HttpRequest | 'refused' {
  const path = normalisePath(request.path)
  if (path === undefined) return 'refused'
  const authority = host === undefined ? {} : { ':authority': host }
  return { ...request, path, headers: { ...authority, ...request.headers } }
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

function trials(question: AccessQuestion, { relation, compiler }: AccessContext): readonly Trial[] {
  const grants = relation.byDestination.get(toAccountKey(question.destination)) ?? []
  return grants.flatMap((grant) => {
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
  const parts: readonly (readonly [CompiledMatch, MissedPart])[] = [
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
  return parts.filter(([part]) => !compiler.matches(part, request)).map(([, missed]) => missed)
}
