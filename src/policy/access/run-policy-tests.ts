/** Runs the repository's own PolicyTests against the relation. A failing one is a problem that stops the commit. */
import type { Problem } from '../../model/problem.ts'
import { type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Grant } from '../intent/grant.ts'
import type {
  PolicyInvariant,
  PolicyTestCase,
  PolicyTestIntent,
} from '../intent/policy-test-intent.ts'
import { PROBLEM_CODES } from '../problem-codes.ts'
import type { AccessAnswer, AccessQuestion } from './access-question.ts'
import type { AccountsBehind } from './accounts-behind.ts'
import { type AccessContext, ask } from './ask.ts'
import { defaultHost } from './default-host.ts'
import type { OutsideAccess } from './outside-access.ts'
import { printQuestion } from './print-question.ts'

export function runPolicyTests(
  context: AccessContext,
  accountsBehind: AccountsBehind,
): readonly Problem[] {
  return [...context.intent.policyTests.values()].flatMap((test) => [
    ...test.cases.flatMap((one) => runCase(test, one, context, accountsBehind)),
    ...test.invariants.flatMap((one) => checkInvariant(test, one, context, accountsBehind)),
  ])
}

/** A service that several accounts answer for passes when each of them answers as expected. */
function runCase(
  test: PolicyTestIntent,
  one: PolicyTestCase,
  context: AccessContext,
  accountsBehind: AccountsBehind,
): readonly Problem[] {
  const { service, port } = one.to
  return accountsBehind(service).flatMap((destination) => {
    const question: AccessQuestion = {
      source: one.from,
      destination,
      ...(port !== undefined && { port }),
      ...(one.request && { request: one.request, host: defaultHost(service, port) }),
    }
    const answer = ask(question, context)
    if (answer.allowed === (one.expect === 'allow')) return []
    return [failure(test, one, caseText(one, question, answer))]
  })
}

function caseText(
  one: PolicyTestCase,
  question: AccessQuestion,
  answer: AccessAnswer,
): FailureText {
  const what = printQuestion(question)
  return answer.allowed
    ? {
        message: `"${one.name}" expects ${what} to be denied, and it is allowed (${answer.reason})`,
        fix: 'narrow the rule named below, or expect allow',
        related: answer.locations,
      }
    : {
        message: `"${one.name}" expects ${what} to be allowed, and it is denied (${answer.reason})`,
        fix: 'add or widen a rule of a TrafficTarget, or expect deny',
        related: answer.nearest === undefined ? [] : [answer.nearest.location],
      }
}

/** Nobody but `onlyFrom`: an open namespace breaks it, and so does every grant to somebody else. */
function checkInvariant(
  test: PolicyTestIntent,
  invariant: PolicyInvariant,
  context: AccessContext,
  accountsBehind: AccountsBehind,
): readonly Problem[] {
  const { namespace } = invariant.to
  const opened = context.relation.open.get(namespace)
  if (opened !== undefined)
    return [
      failure(test, invariant, {
        message: `"${invariant.name}" is broken: the namespace ${namespace} is open to every identity of the mesh`,
        fix: 'turn permissive mode off for the namespace, by a MeshPolicy or in the MeshConfig',
        related: opened.location === undefined ? [] : [opened.location],
      }),
    ]
  const outsiders = concernedOutsiders(invariant, context).map((access) =>
    failure(test, invariant, {
      message: `"${invariant.name}" is broken: ${access.source} may call ${access.destination} from outside the mesh`,
      fix: 'take the backend out of the IngressBackend, or drop the invariant',
      related: access.location === undefined ? [] : [access.location],
    }),
  )
  const insiders = concernedGrants(invariant, context, accountsBehind).flatMap((grant) =>
    grant.sources
      .filter(({ account }) => context.relation.enrolled.has(account.namespace))
      .filter(({ account }) => !isExpected(invariant, toAccountKey(account)))
      .map(({ account, location }) =>
        failure(test, invariant, {
          message: `"${invariant.name}" is broken: ${toAccountKey(account)} may call ${toAccountKey(grant.destination)}`,
          fix: 'take the source out of the TrafficTarget, or add it to onlyFrom',
          related: [location],
        }),
      ),
  )
  return [...insiders, ...outsiders]
}

/** An IngressBackend lets in who has no identity of the mesh, so no `onlyFrom` can name them. */
function concernedOutsiders(
  { to }: PolicyInvariant,
  { relation }: AccessContext,
): readonly OutsideAccess[] {
  return relation.outside.filter(
    (access) =>
      access.direction === 'in' &&
      access.service.namespace === to.namespace &&
      (to.service === undefined || access.service.name === to.service) &&
      (to.port === undefined || access.port === to.port),
  )
}

/** The grants to what the invariant guards. HTTP rules count on every port: which ports speak HTTP, the commit does not say. */
function concernedGrants(
  { to: { namespace, service, port } }: PolicyInvariant,
  { relation: { byDestination, enrolled } }: AccessContext,
  accountsBehind: AccountsBehind,
): readonly Grant[] {
  if (!enrolled.has(namespace)) return []
  const destinations =
    service === undefined
      ? [...byDestination.keys()].filter((account) => account.startsWith(`${namespace}/`))
      : accountsBehind({ namespace, name: service }).map(toAccountKey)
  return destinations
    .flatMap((account) => byDestination.get(account) ?? [])
    .filter((grant) => port === undefined || grant.port === undefined || grant.port === port)
    .filter(
      ({ http, tcp }) =>
        http.length > 0 ||
        tcp.some(({ ports }) => port === undefined || ports === 'any' || ports.includes(port)),
    )
}

function isExpected(invariant: PolicyInvariant, source: string): boolean {
  return invariant.onlyFrom.some(({ namespace, serviceAccount }) =>
    serviceAccount === undefined
      ? source.startsWith(`${namespace}/`)
      : source === toAccountKey({ namespace, name: serviceAccount } satisfies ServiceAccount),
  )
}

interface FailureText {
  readonly message: string
  readonly fix: string
  readonly related: readonly SourceLocation[]
}

function failure(
  test: PolicyTestIntent,
  at: { readonly name: string; readonly location: SourceLocation },
  text: FailureText,
): Problem {
  return {
    code: 'PLB0701',
    severity: PROBLEM_CODES.PLB0701.severity,
    location: at.location,
    path: `PolicyTest ${test.id.namespace}/${test.id.name}`,
    ...text,
  }
}
