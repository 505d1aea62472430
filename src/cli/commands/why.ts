/** `plumb why`: whether a call is allowed, and the line that decides it. */
import { Command, Option } from 'commander'
import { nearestName } from '../../model/nearest-name.ts'
import { printObjectId } from '../../model/object-id.ts'
import { toAccountKey } from '../../model/service-account.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type {
  AccessAnswer,
  AccessQuestion,
  MissedPart,
  NearMiss,
} from '../../policy/access/access-question.ts'
import { type AccessContext, ask } from '../../policy/access/ask.ts'
import { defaultHost } from '../../policy/access/default-host.ts'
import { normalisePath } from '../../policy/access/normalise-path.ts'
import { printQuestion } from '../../policy/access/print-question.ts'
import { loadAccess } from '../access/load-access.ts'
import { parseAccount, parseDestination, parseHeaders } from '../access/parse-subject.ts'
import { EXIT_CODE, UsageError } from '../exit-code.ts'

interface WhyFlags {
  readonly from: string
  readonly to: string
  readonly method?: string
  readonly path?: string
  readonly header: readonly string[]
  readonly ref?: string
  readonly output: 'text' | 'json'
}

interface Finding {
  readonly question: AccessQuestion
  readonly answer: AccessAnswer
  /** Why no rule comes near, where none does. */
  readonly hint: string | undefined
}

type DenialReason = Extract<AccessAnswer, { readonly allowed: false }>['reason']

export function whyCommand(): Command {
  return new Command('why')
    .summary('say whether a call is allowed, and the line that decides it')
    .description(
      `Says whether a call is allowed, and the line that decides it; or what came nearest and what about it failed.

Without --method and --path the question is about a TCP connection. A service that several service accounts answer for is asked
for each of them. PORT is the container port. Exit status: 0 allowed by all, 1 denied by one, 2 could not run.`,
    )
    .argument('[path]', 'a folder, a file, or the URL of a repository', '.')
    .requiredOption('--from <account>', 'who calls: NAMESPACE/SERVICEACCOUNT')
    .requiredOption('--to <service>', 'what is called: NAMESPACE/SERVICE[:PORT]')
    .option('--method <method>', 'HTTP method (GET when a path is given)')
    .option('--path <path>', 'HTTP path (/ when a method is given)')
    .option('--header <name=value>', 'HTTP header; may be given more than once', collect, [])
    .option('--ref <ref>', 'a branch, tag or commit instead of the files on disk')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .action(why)
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

async function why(target: string, flags: WhyFlags): Promise<void> {
  const source = parseAccount('--from', flags.from)
  const { service, port } = parseDestination('--to', flags.to)
  const request = toRequest(flags)
  const { ref } = flags
  const { context, accountsBehind } = await loadAccess({
    target,
    ...(ref !== undefined && { ref }),
  })
  const findings = accountsBehind(service).map((destination): Finding => {
    const question = {
      source,
      destination,
      ...(port !== undefined && { port }),
      ...(request && { request, host: defaultHost(service, port) }),
    }
    return { question, answer: ask(question, context), hint: hint(question, context) }
  })
  process.stdout.write(
    flags.output === 'json'
      ? `${JSON.stringify(findings, null, 2)}\n`
      : findings.map(printFinding).join('\n'),
  )
  process.exitCode = findings.every(({ answer }) => answer.allowed) ? EXIT_CODE.ok : EXIT_CODE.found
}

function toRequest(flags: WhyFlags): AccessQuestion['request'] {
  if (flags.method === undefined && flags.path === undefined && flags.header.length === 0)
    return undefined
  const path = flags.path ?? '/'
  if (!path.startsWith('/'))
    throw new UsageError(`--path is ${JSON.stringify(path)}; begin it with /`)
  return { method: flags.method ?? 'GET', path, headers: parseHeaders(flags.header) }
}

function hint(question: AccessQuestion, { relation }: AccessContext): string | undefined {
  const destination = toAccountKey(question.destination)
  const grants = relation.byDestination.get(destination)
  if (grants === undefined) {
    const nearest = nearestName(destination, [...relation.byDestination.keys()])
    return `no TrafficTarget has the destination ${destination}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
  }
  if (question.request === undefined && grants.every((grant) => grant.tcp.length === 0))
    return 'its rules are about HTTP, and open no TCP port; give --path to ask about a request'
  if (question.request !== undefined && grants.every((grant) => grant.http.length === 0))
    return 'its rules are about TCP ports; leave out --method, --path and --header to ask about a connection'
  return undefined
}

function printFinding({ question, answer, hint: why }: Finding): string {
  const lines = answer.allowed
    ? [`allowed (${answer.reason})`, ...answer.locations.map((at) => `  by ${printAt(at)}`)]
    : [
        `denied: ${printReason(question, answer.reason)}`,
        ...printNearest(answer.nearest),
        ...(answer.reason === 'no rule allows it' && why !== undefined ? [`  ${why}`] : []),
      ]
  return `${[printQuestion(question), ...printNormalised(question), ...lines].join('\n  ')}\n`
}

function printNormalised({ request }: AccessQuestion): readonly string[] {
  const seen = request && normalisePath(request.path)
  return seen === undefined || seen === request?.path ? [] : [`rules see the path ${seen}`]
}

function printReason(question: AccessQuestion, reason: DenialReason): string {
  switch (reason) {
    case 'path refused':
      return 'sidecars answer 400 to this path, whoever asks: it holds an escaped slash, backslash or NUL, or a character that no path has'
    case 'source not enrolled':
      return `the namespace ${question.source.namespace} is not enrolled in the mesh, so its pods have no identity`
    case 'destination not enrolled':
      return `the namespace ${question.destination.namespace} is not enrolled in the mesh`
    case 'no rule allows it':
      return 'no rule allows it'
  }
}

function printNearest(nearest: NearMiss | undefined): readonly string[] {
  if (nearest === undefined) return []
  return [
    `  nearest: ${printObjectId(nearest.trafficTarget)} at ${printAt(nearest.location)}`,
    ...nearest.failed.map((part) => `    ${printMissed(part)}`),
  ]
}

function printMissed(part: MissedPart): string {
  switch (part.type) {
    case 'source':
      return 'the caller is not among its sources'
    case 'port':
      return `it covers port ${[part.wanted].flat().join(', ')} only`
    case 'method':
      return `it allows ${part.wanted.join(', ')}`
    case 'path':
      return `the path does not match ${part.wanted}`
    case 'header':
      return `it wants ${part.name} to match ${part.wanted}`
  }
}

function printAt({ file, line }: SourceLocation): string {
  return `${file}:${line}`
}
