/**
 * Checking a generated repository of 10,000 documents: cold, in a process of its own as `plumb check` is, and after a change of one line; beside
 * the floor of parsing the same YAML and nothing else.
 */
import { spawnSync } from 'node:child_process'
import { loadAll } from 'js-yaml'
import { toCommitSha } from '../src/model/commit-sha.ts'
import type { SourceFile } from '../src/model/source-file.ts'
import { checkAccess } from '../src/policy/access/check-access.ts'
import { MatchCompiler } from '../src/policy/access/match-compiler.ts'
import { PolicyCompiler } from '../src/policy/policy-compiler.ts'
import { changeOneLine, generatePolicies } from './policies.ts'

const ROUNDS = 5
const WARM_ROUNDS = 9
const AIMS = { coldMs: 3000, rssMiB: 400, oneLineMs: 100 }

interface Measured {
  readonly documents: number
  readonly coldMs: number
  readonly rssMiB: number
  /** Absent for the floor, which keeps nothing from one reading to the next. */
  readonly oneLineMs?: number
}

function time(work: () => void): number {
  const started = performance.now()
  work()
  return performance.now() - started
}

function rssMiB(): number {
  return process.resourceUsage().maxRSS / 1024
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function floor(files: readonly SourceFile[]): Measured {
  let documents = 0
  const decoder = new TextDecoder()
  const coldMs = time(() => {
    for (const { bytes } of files) documents += loadAll(decoder.decode(bytes)).length
  })
  return { documents, coldMs, rssMiB: rssMiB() }
}

/** As a control plane that follows the repository: what is kept from commit to commit is kept. */
function check(files: readonly SourceFile[]): Measured {
  const policies = new PolicyCompiler()
  const compiler = new MatchCompiler()
  const commit = toCommitSha('0'.repeat(40))
  let documents = 0

  function checkOnce(some: readonly SourceFile[]): void {
    const compilation = policies.compile({ commit, files: some, root: '' })
    if (compilation.type === 'invalid') throw new Error('the generated repository has problems')
    const problems = checkAccess(compilation.intent, compiler)
    if (problems.length > 0) throw new Error(`the generated repository has ${problems.length} more`)
    documents = compilation.stats.documents
  }

  const coldMs = time(() => checkOnce(files))
  const cold = { coldMs, rssMiB: rssMiB() }
  const changed = changeOneLine(files)
  const oneLine = Array.from({ length: WARM_ROUNDS }, (_, round) =>
    time(() => checkOnce(round % 2 === 0 ? changed : files)),
  )
  return { documents, ...cold, oneLineMs: median(oneLine) }
}

function inOwnProcess(subject: 'floor' | 'check'): readonly Measured[] {
  return Array.from({ length: ROUNDS }, () => {
    const { stdout, status } = spawnSync(process.execPath, [import.meta.filename, subject], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${subject} ended with status ${status}`)
    return JSON.parse(stdout) as Measured
  })
}

function print(what: string, value: number, unit: string, beside: string): void {
  console.log(`${what.padEnd(28)} ${value.toFixed(0).padStart(6)} ${unit.padEnd(4)} ${beside}`)
}

const [subject] = process.argv.slice(2)
if (subject === 'floor' || subject === 'check') {
  const files = generatePolicies()
  console.log(JSON.stringify(subject === 'floor' ? floor(files) : check(files)))
} else {
  const floors = inOwnProcess('floor')
  const checks = inOwnProcess('check')
  const files = generatePolicies()
  const bytes = files.reduce((sum, one) => sum + one.bytes.length, 0)
  const coldMs = median(checks.map((one) => one.coldMs))
  const floorMs = median(floors.map((one) => one.coldMs))
  console.log(
    `${checks[0]?.documents} documents in ${files.length} files, ${(bytes / 2 ** 20).toFixed(1)} MiB; medians of ${ROUNDS} processes, Node ${process.version}`,
  )
  print('floor: js-yaml loadAll', floorMs, 'ms', '')
  print(
    'check, cold',
    coldMs,
    'ms',
    `${(coldMs / floorMs).toFixed(2)} x the floor; aim ${AIMS.coldMs}`,
  )
  const oneLineMs = median(checks.flatMap((one) => one.oneLineMs ?? []))
  print('check, one line changed', oneLineMs, 'ms', `aim ${AIMS.oneLineMs}`)
  print('peak memory of the floor', median(floors.map((one) => one.rssMiB)), 'MiB', '')
  print('peak memory, cold', median(checks.map((one) => one.rssMiB)), 'MiB', `aim ${AIMS.rssMiB}`)
}
