/** What the access relation says of a request, beside what its caller saw. */
import type { RequestOutcome } from '../../../src/lab/request-agent.ts'
import { toCommitSha } from '../../../src/model/commit-sha.ts'
import { fromAccountKey, type toAccountKey } from '../../../src/model/service-account.ts'
import { buildAccessRelation } from '../../../src/policy/access/access-relation.ts'
import { type AccessContext, ask } from '../../../src/policy/access/ask.ts'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import { PolicyCompiler } from '../../../src/policy/policy-compiler.ts'
import { MESH_SERVICES, type RandomRequest } from '../../support/random-policies.ts'

export interface Judgement {
  readonly expected: 'allowed' | 'denied' | 'either'
  /** Absent when what the caller saw is as the relation says. */
  readonly mismatch?: string
}

export function accessOf(text: string): AccessContext {
  const bytes = Buffer.from(text)
  const file = { path: 'policies.yaml', blob: text, type: 'file', bytes } as const
  const commit = toCommitSha('0'.repeat(40))
  const compilation = new PolicyCompiler().compile({ commit, files: [file], root: '' })
  if (compilation.type === 'invalid') throw new Error(JSON.stringify(compilation.problems))
  const { intent } = compilation
  return { intent, relation: buildAccessRelation(intent), compiler: new MatchCompiler() }
}

export function judge(
  request: RandomRequest,
  outcome: RequestOutcome,
  context: AccessContext,
): Judgement {
  const behind = MESH_SERVICES[request.to as keyof typeof MESH_SERVICES]
  const allowed = behind.filter((account) => ask(toQuestion(request, account), context).allowed)
  // Of two accounts behind one service, load balancing chooses.
  const expected =
    allowed.length === 0 ? 'denied' : allowed.length === behind.length ? 'allowed' : 'either'
  const seen = see(outcome)
  const isRight =
    seen.startsWith('200 ') && expected !== 'denied'
      ? allowed.some((account) => seen === `200 ${account}`)
      : expected !== 'allowed' && /^(403|404|503|closed)$/.test(seen)
  if (isRight) return { expected }
  return { expected, mismatch: `${JSON.stringify(request)}: ${expected}, and saw ${seen}` }
}

function toQuestion(request: RandomRequest, account: string): Parameters<typeof ask>[0] {
  const { from, port, method, path, headers } = request
  const [source, destination] = [from, account].map((key) => fromAccountKey(key as never))
  if (source === undefined || destination === undefined) throw new Error('unreachable')
  return {
    source,
    destination,
    port: port.targetPort,
    ...(port.name.startsWith('http') && { request: { method, path, headers } }),
    host: hostOf(request),
  }
}

/** As callers name it: Node leaves port 80 out of the host. */
export function hostOf({ to, port }: RandomRequest): string {
  const { namespace, name } = fromAccountKey(to as ReturnType<typeof toAccountKey>)
  return port.port === 80 ? `${name}.${namespace}` : `${name}.${namespace}:${port.port}`
}

function see(outcome: RequestOutcome): string {
  if (outcome.type === 'answered')
    return outcome.status === 200
      ? `200 ${String(outcome.headers['account'])}`
      : String(outcome.status)
  return /^ECONN(REFUSED|RESET)$/.test(outcome.code) ? 'closed' : outcome.code
}
