/** Who could newly call what, between two commits of a generated repository of 10,000 documents: one line apart, and with ever less in common. */
import { toCommitSha } from '../src/model/commit-sha.ts'
import type { SourceFile } from '../src/model/source-file.ts'
import { accessDiff } from '../src/policy/access/access-diff.ts'
import { type AccessRelation, buildAccessRelation } from '../src/policy/access/access-relation.ts'
import { MatchCompiler } from '../src/policy/access/match-compiler.ts'
import { PolicyCompiler } from '../src/policy/policy-compiler.ts'
import { changeEveryFile, changeOneLine, generatePolicies } from './policies.ts'

const ROUNDS = 7
const AIM_MS = 1000

const files = generatePolicies()
const policies = new PolicyCompiler()

function intentOf(some: readonly SourceFile[], compiler = policies) {
  const commit = toCommitSha('0'.repeat(40))
  const compilation = compiler.compile({ commit, files: some, root: '' })
  if (compilation.type === 'invalid') throw new Error('the generated repository has problems')
  return compilation.intent
}

/** Each round with a compiler that has seen no pattern yet. */
function measure(name: string, before: () => AccessRelation, after: () => AccessRelation): void {
  const times: number[] = []
  let changes = 0
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now()
    changes = accessDiff(before(), after(), new MatchCompiler()).length
    times.push(performance.now() - started)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const [median = 0, low = 0, high = 0] = [sorted[ROUNDS >> 1], sorted[0], sorted.at(-1)]
  console.log(
    `${name.padEnd(44)} ${median.toFixed(0).padStart(6)} ms [${low.toFixed(0)}-${high.toFixed(0)}]  ${changes} changes, aim ${AIM_MS} ms`,
  )
}

const first = intentOf(files)
const second = intentOf(changeOneLine(files))
const widened = intentOf(changeEveryFile(files))
// Another compiler shares no object with the first: every pair is compared by its languages.
const foreign = intentOf(files, new PolicyCompiler())
console.log(
  `${first.grants.size} grants; medians of ${ROUNDS} rounds, relation and difference, Node ${process.version}`,
)
measure(
  'one line changed',
  () => buildAccessRelation(first),
  () => buildAccessRelation(second),
)
measure(
  'one line of every file changed',
  () => buildAccessRelation(first),
  () => buildAccessRelation(widened),
)
measure(
  'nothing changed, and nothing shared',
  () => buildAccessRelation(first),
  () => buildAccessRelation(foreign),
)
measure(
  'everything new',
  () => buildAccessRelation({ ...first, grants: new Map() }),
  () => buildAccessRelation(second),
)
