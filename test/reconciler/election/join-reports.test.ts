/** What all replicas together say of a commit. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toCommitSha } from '../../../src/model/commit-sha.ts'
import { joinReports } from '../../../src/reconciler/election/join-reports.ts'
import { parseReport } from '../../../src/reconciler/election/parse-report.ts'
import { printReport } from '../../../src/reconciler/election/print-report.ts'
import {
  EMPTY_REPORT,
  type NackedResource,
  type ReplicaReport,
  type RepositoryReport,
} from '../../../src/reconciler/election/replica-report.ts'

const OLD = toCommitSha('a'.repeat(40))
const NEW = toCommitSha('b'.repeat(40))
const STATES = ['enforcing', 'enforced', 'rejected', 'superseded'] as const
const MAX_BYTES = 256 * 1024

function aNack(proxy: string, error = 'no'): NackedResource {
  return { proxy, type: 'cluster', name: 'bookstore', error }
}

function serving(
  state: RepositoryReport['state'],
  { commit = NEW, ...rest }: Partial<RepositoryReport> = {},
): ReplicaReport {
  const report = { commit, state, touched: 0, acked: 0, nacked: [], nackedTotal: 0, ...rest }
  return { proxies: 1, repositories: { policies: report } }
}

function stateOf(reports: readonly ReplicaReport[], commit = NEW): string | undefined {
  return joinReports(reports).get('policies')?.get(commit)?.state
}

describe('a commit', () => {
  it.each([
    ['is enforced when every live replica says so', ['enforced', 'enforced'], 'enforced'],
    ['is being enforced while one replica waits', ['enforced', 'enforcing'], 'enforcing'],
    ['is rejected when one replica’s proxies reject it', ['enforcing', 'rejected'], 'rejected'],
    ['is superseded once it is anywhere', ['enforced', 'superseded'], 'superseded'],
    ['is rejected rather than superseded', ['superseded', 'rejected'], 'rejected'],
  ] as const)('%s', (_name, states, joined) => {
    expect(stateOf(states.map((state) => serving(state)))).toBe(joined)
    expect(stateOf(states.toReversed().map((state) => serving(state)))).toBe(joined)
  })

  it.each([
    ['still serves the commit before', serving('enforced', { commit: OLD })],
    ['serves nothing yet', EMPTY_REPORT],
    ['serves other repositories only', { proxies: 3, repositories: {} }],
  ])('is held back by a replica that %s', (_name, other) => {
    expect(stateOf([serving('enforced'), other])).toBe('enforcing')
    const joined = joinReports([serving('enforced'), other])
      .get('policies')
      ?.get(NEW)
    expect(joined).toMatchObject({ replicas: 2, elsewhere: 1 })
  })

  it('is rejected at once, whoever does not serve it yet', () => {
    expect(stateOf([serving('rejected'), EMPTY_REPORT])).toBe('rejected')
  })

  it('of no live replica is nothing', () => {
    expect(joinReports([])).toEqual(new Map())
    expect(joinReports([EMPTY_REPORT])).toEqual(new Map())
  })

  it('counts the proxies of the replicas that serve it, and names the first that rejected', () => {
    const nacked = Array.from({ length: 8 }, (_, index) => aNack(`proxy-${index}`))
    const one = serving('rejected', { touched: 20, acked: 12, nacked, nackedTotal: 8 })
    const other = serving('enforcing', { touched: 5, acked: 2, nacked, nackedTotal: 100 })
    const before = serving('enforced', { commit: OLD, touched: 7, acked: 7 })
    const commits = joinReports([one, other, before]).get('policies')
    expect(commits?.get(NEW)).toMatchObject({ touched: 25, acked: 14, nackedTotal: 108 })
    expect(commits?.get(NEW)?.nacked.map(({ proxy }) => proxy)).toEqual(
      [...nacked, ...nacked].slice(0, 10).map(({ proxy }) => proxy),
    )
    expect(commits?.get(OLD)).toMatchObject({ touched: 7, acked: 7, elsewhere: 2 })
  })

  it('is enforced only if no replica says anything else, whatever they say', () => {
    const report = fc.record({
      proxies: fc.nat(),
      repositories: fc.dictionary(
        fc.constantFrom('a', 'b', '__proto__'),
        fc.record({
          commit: fc.constantFrom(OLD, NEW),
          state: fc.constantFrom(...STATES),
          ...{ touched: fc.nat(), acked: fc.nat(), nackedTotal: fc.nat() },
          nacked: fc.constant([]),
        }),
      ),
    })
    fc.assert(
      fc.property(fc.array(report, { maxLength: 5 }), (reports) => {
        for (const [name, commits] of joinReports(reports))
          for (const [commit, { state }] of commits) {
            const said = reports.map(({ repositories }) =>
              Object.hasOwn(repositories, name) ? repositories[name] : undefined,
            )
            const all = said.every((one) => one?.commit === commit && one.state === 'enforced')
            expect(state === 'enforced').toBe(all)
          }
      }),
    )
  })
})

describe('a report in an annotation', () => {
  it('is read as it was written', () => {
    const nacked = [aNack('a'), aNack('b', 'ä \ud83d\ude00 "quoted"\n')]
    const report = serving('rejected', { touched: 2, nacked, nackedTotal: 2 })
    expect(parseReport(printReport(report).text)).toEqual(report)
    expect(parseReport(printReport(EMPTY_REPORT).text)).toEqual(EMPTY_REPORT)
  })

  it('is the same text in whatever order it was put together', () => {
    const { policies } = serving('enforced').repositories
    if (policies === undefined) throw new Error('the builder made none')
    const one = printReport({ proxies: 1, repositories: { a: policies, b: policies } })
    const other = printReport({ repositories: { b: policies, a: policies }, proxies: 1 })
    expect(one).toEqual(other)
  })

  it.each([
    ['nothing', undefined],
    ['no JSON', '{'],
    ['another shape', '{"proxies":1}'],
    ['a commit that is none', printReport(serving('enforced')).text.replace(NEW, 'HEAD')],
    ['a number below zero', '{"proxies":-1,"repositories":{}}'],
  ])('that is %s is no report', (_name, text) => {
    expect(parseReport(text)).toBeUndefined()
  })

  it('is read, too, when a newer replica says more', () => {
    expect(parseReport('{"proxies":1,"repositories":{},"since":"tomorrow"}')).toEqual({
      proxies: 1,
      repositories: {},
    })
  })

  it.each([
    [1, 10, 1024],
    [15, 10, 1024],
    [40, 10, 200],
    [300, 1, 200],
    [900, 0, 0],
  ])(
    'of %i repositories that are all rejected names %i proxies each',
    (count, named, characters) => {
      const nacked = Array.from({ length: 30 }, (_, n) => aNack(`proxy-${n}`, 'x'.repeat(4000)))
      const { text, omitted } = printReport(manyRepositories(count, nacked))
      expect(Buffer.byteLength(text)).toBeLessThan(MAX_BYTES)
      expect(omitted).toBe(0)
      const read = Object.values(parseReport(text)?.repositories ?? {})
      expect(read).toHaveLength(count)
      for (const report of read) {
        expect(report.nackedTotal).toBe(30)
        expect(report.nacked).toHaveLength(named)
        for (const { error } of report.nacked) expect(error).toHaveLength(characters)
      }
    },
  )

  it('leaves repositories out when there is no room at all, and says how many', () => {
    const { text, omitted } = printReport(manyRepositories(5_000, []))
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_BYTES)
    const read = Object.keys(parseReport(text)?.repositories ?? {})
    expect(read.length).toBeGreaterThan(1_000)
    expect(read.length + omitted).toBe(5_000)
  })

  it('cuts no character in two', () => {
    const report = serving('rejected', { nacked: [aNack('a', `${'x'.repeat(1023)}\ud83d\ude00`)] })
    const [nack] = parseReport(printReport(report).text)?.repositories['policies']?.nacked ?? []
    expect(nack?.error.isWellFormed()).toBe(true)
    expect(nack?.error).toHaveLength(1024)
  })
})

function manyRepositories(count: number, nacked: readonly NackedResource[]): ReplicaReport {
  const report: RepositoryReport = {
    ...{
      commit: NEW,
      state: 'rejected',
      touched: 100,
      acked: 70,
      nacked,
      nackedTotal: nacked.length,
    },
  }
  const names = Array.from({ length: count }, (_, index) => `repository-${index}`)
  return { proxies: 100, repositories: Object.fromEntries(names.map((name) => [name, report])) }
}
