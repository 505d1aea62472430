/** The main job as a newcomer runs it: from a commit to real Envoys that enforce it, and through a killed control plane. */
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { StartReport } from '../../src/cli/start/report.ts'
import { findEnvoy } from '../../src/lab/envoy-binary.ts'
import { tryProgram } from '../../src/lab/run-program.ts'
import { labTrouble } from './lab/lab-trouble.ts'

const trouble = await labTrouble()
const main = join(import.meta.dirname, '../../src/cli/main.ts')
let report: StartReport
let status: number | null

beforeAll(async () => {
  if (trouble) return
  const { path } = await findEnvoy({ environment: process.env, fetch: true, progress: console.log })
  const result = await tryProgram([process.execPath, main, 'start', '--exit', '--json'], {
    environment: { ...process.env, ENVOY: path },
  })
  status = result.status
  expect(result.stdout, result.stderr).toMatch(/^\{/)
  report = JSON.parse(result.stdout) as StartReport
}, 120_000)

describe.skipIf(trouble)('the main job', () => {
  it('ends with status 0, and with every answer of real Envoys as expected', () => {
    const wrong = report.steps.flatMap(({ name, rows }) =>
      rows.filter(({ ok }) => !ok).map((row) => ({ step: name, ...row })),
    )
    expect([wrong, report.ok, status]).toEqual([[], true, 0])
  })

  it('asks more than seventy questions, so that "every answer" says something', () => {
    expect(report.steps.flatMap(({ rows }) => rows).length).toBeGreaterThan(70)
    expect(report.envoy).toMatch(/^1\.\d+\.\d+$/)
  })

  it('calls a commit enforced when every proxy it touches has ACKed it', () => {
    const opening = report.commits[1]
    expect(opening).toMatchObject({ state: 'enforced', proxiesTouched: 4, proxiesAcked: 4 })
    expect(opening?.enforcedAfterMs).toBeGreaterThan(0)
  })

  it('says who could newly call what, with the lines that grant it', () => {
    expect(report.commits[1]?.access).toEqual([
      expect.stringContaining(
        '+ bookthief/bookthief → bookstore/bookstore-v1   GET, e.g. GET /books-bought',
      ),
      expect.stringContaining(
        '+ bookthief/bookthief → bookstore/bookstore-v2   GET, e.g. GET /books-bought',
      ),
    ])
    expect(report.commits[2]?.access.map((line) => line[0])).toEqual(['-', '-'])
  })

  it('refuses the broken commit with file, line and column, and does nothing of it', () => {
    const broken = report.commits[3]
    expect(broken).toMatchObject({ state: 'stalled', plan: [], access: [] })
    expect(
      broken?.problems.filter((line) => /^bookstore\/\w+\.yaml:\d+:\d+ {2}PLB\d{4}/.test(line))
        .length,
    ).toBeGreaterThan(1)
  })
})
