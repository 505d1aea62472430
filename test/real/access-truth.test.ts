/** The truth of the access relation on real Envoys: random policies, committed, enforced and asked about. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tryProgram } from '../../src/lab/run-program.ts'
import type { TruthReport } from './lab/access-truth-scenario.ts'
import { labTrouble } from './lab/lab-trouble.ts'

const trouble = await labTrouble()
const program = join(import.meta.dirname, 'lab', 'access-truth-scenario.ts')
const SEED = 20_261
const POLICIES = 6
const REQUESTS = 30

describe.skipIf(trouble)('what the access relation says of random policies and requests', () => {
  it('is what the callers of real Envoys see', async () => {
    const argv = [process.execPath, program, ...[SEED, POLICIES, REQUESTS, 40_000].map(String)]
    const { stdout, stderr } = await tryProgram(argv, { environment: process.env })
    expect(stdout, stderr).toMatch(/^\{/)
    const { mismatches, policies, ...asked } = JSON.parse(stdout) as TruthReport
    expect(mismatches).toEqual([])
    expect(asked.askedTwice).toBeLessThan(3)
    expect(policies).toBe(POLICIES)
    // Neither answer alone would prove anything.
    expect(asked.allowed).toBeGreaterThan(10)
    expect(asked.denied).toBeGreaterThan(10)
  }, 100_000)
})
