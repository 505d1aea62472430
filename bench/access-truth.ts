/**
 * The long form of test/real/access-truth.test.ts: `npm run bench -- access-truth [SEED] [POLICIES] [REQUESTS] [SECONDS]`. Random policies on
 * real Envoys, bounded in number and in time; prints what was asked and every answer that is not the relation's.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { TruthReport } from '../test/real/lab/access-truth-scenario.ts'

const program = join(import.meta.dirname, '../test/real/lab/access-truth-scenario.ts')
const [seed = Date.now() % 1_000_000, policies = 200, requests = 60, seconds = 300] = process.argv
  .slice(2)
  .map(Number)

console.log(`seed ${seed}: at most ${policies} policies, ${requests} requests each, ${seconds} s`)
const started = performance.now()
const { stdout, status } = spawnSync(
  process.execPath,
  [program, ...[seed, policies, requests, seconds * 1000].map(String)],
  { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' },
)
const line = stdout.trimEnd().split('\n').at(-1) ?? ''
if (status !== 0 || !line.startsWith('{')) {
  process.exitCode = 2
} else {
  const report = JSON.parse(line) as TruthReport
  const elapsed = ((performance.now() - started) / 1000).toFixed(1)
  const { allowed, denied, either, mismatches } = report
  console.log(
    `${report.policies} policies enforced, ${allowed + denied + either} requests (${allowed} allowed, ${denied} denied, ${either} left to load balancing, ${report.askedTwice} asked twice) in ${elapsed} s: ${mismatches.length} mismatches`,
  )
  for (const mismatch of mismatches) console.log(mismatch)
  process.exitCode = mismatches.length === 0 ? 0 : 1
}
