import { describe, expect, it } from 'vitest'
import { MeshAccess } from '../../../../src/cli/run/serving/mesh-access.ts'
import {
  ProgressRecorder,
  type ProgressRecorderOptions,
} from '../../../../src/cli/run/status/progress-recorder.ts'
import { StatusBoard } from '../../../../src/cli/run/status/status-board.ts'
import type { Instant } from '../../../../src/model/clock.ts'
import { type CommitSha, toCommitSha } from '../../../../src/model/commit-sha.ts'
import { MatchCompiler } from '../../../../src/policy/access/match-compiler.ts'
import { EMPTY_INVENTORY } from '../../../../src/reconciler/inventory/inventory.ts'
import type { PassProgress } from '../../../../src/reconciler/pass-progress.ts'
import type { Enforcement } from '../../../../src/xds/enforcement.ts'
import { aGrant, anIntent } from '../../../policy/access/an-intent.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RecordingLogger } from '../../../support/recording-logger.ts'

const commit = toCommitSha('a'.repeat(40))
const at = 1_000 as Instant

function aRecorder(accessChanges: ProgressRecorderOptions['accessChanges'] = () => () => []) {
  const board = new StatusBoard()
  const clock = new FakeClock(1_000)
  const enforcements = new Map<CommitSha, Enforcement>()
  const log = new RecordingLogger()
  const recorder = new ProgressRecorder({
    ...{ board, log, clock, accessChanges },
    enforcement: (sha) => enforcements.get(sha),
  })
  const enforce = (state: Enforcement['state'], more: Partial<Enforcement> = {}) => {
    const enforcement = {
      ...{
        repository: 'policies',
        commit,
        state,
        touched: 2,
        acked: 2,
        nacked: [],
        waitingFor: [],
      },
      ...{ elapsedMs: 5, sinceMs: 5, ...more },
    }
    enforcements.set(commit, enforcement)
    recorder.proxiesMoved(commit)
  }
  return { board, clock, recorder, enforce, log, state: () => board.record(commit)?.state }
}

const sourced: PassProgress = {
  type: 'sourced',
  commit,
  header: { sha: commit, author: 'Ada', message: 'Open the shop\n\nAt last.', parents: [] },
  relation: 'descendant',
  at,
}
const grants = [aGrant({ from: ['shop/buyer'], to: 'store/books', http: [{}] })]
const validated: PassProgress = {
  ...{ type: 'validated', commit, intent: anIntent({ grants }), problems: [], at },
}

describe('a ref that moves', () => {
  const before = toCommitSha('b'.repeat(40))

  it.each([
    ['behind', `the ref went back: ${commit} is older than ${before}`],
    ['rewritten', `${commit} does not follow ${before}`],
    ['unknown', `whether ${commit} follows ${before}, which was accepted before, is not known`],
  ] as const)('to a commit that is %s is warned of, and recorded', (relation, sentence) => {
    const { recorder, board, log } = aRecorder()
    recorder.progress({ ...sourced, relation, before })
    expect(log.lines).toMatchObject([
      { level: 'warn', sentence: 'commit sourced', fields: { relation, before } },
    ])
    expect(log.lines[0]?.fields?.['reason']).toContain(sentence)
    expect(board.record(commit)).toMatchObject({ relation, before })
  })

  it('is no way back where somebody pinned the commit', () => {
    const { recorder, board, log } = aRecorder()
    recorder.progress({ ...sourced, relation: 'behind', before, insteadOf: before })
    expect(log.lines[0]?.fields?.['reason']).toBe(`${commit} is pinned in place of ${before}`)
    expect(board.record(commit)?.insteadOf).toBe(before)
  })

  it.each(['first', 'same', 'descendant'] as const)('to %s is no news', (relation) => {
    const { recorder, log } = aRecorder()
    recorder.progress({ ...sourced, relation })
    expect(log.sentences).toEqual(['commit sourced'])
  })
})

describe('the record of a commit', () => {
  it('is enforced only when the cluster has it and every touched proxy has ACKed it, in either order', () => {
    const one = aRecorder()
    one.recorder.progress(sourced)
    one.recorder.progress(validated)
    one.enforce('enforced')
    expect(one.state()).toBe('validated')
    one.recorder.ended({ type: 'synced', commit })
    expect(one.state()).toBe('enforced')

    const other = aRecorder()
    other.recorder.progress(sourced)
    other.recorder.ended({ type: 'synced', commit })
    expect(other.state()).toBe('applied')
    other.enforce('enforced')
    expect(other.board.record(commit)).toMatchObject({ state: 'enforced', touched: 2, acked: 2 })
  })

  it('is not enforced while proxies have not ACKed', () => {
    const { recorder, enforce, state } = aRecorder()
    recorder.progress(sourced)
    enforce('enforcing')
    recorder.ended({ type: 'synced', commit })
    expect(state()).toBe('applied')
  })

  it('is rejected, with the policy lines, when a proxy NACKs it', () => {
    const { recorder, enforce, board } = aRecorder()
    recorder.progress(sourced)
    recorder.ended({ type: 'synced', commit })
    const nacked = [
      {
        ...({ proxy: 'p', type: 'route', name: 'rds-inbound.80', error: 'no' } as const),
        origins: [{ file: 'a.yaml', line: 3, column: 1 }],
      },
    ]
    enforce('rejected', { acked: 1, nacked })
    expect(board.record(commit)).toMatchObject({ state: 'rejected', acked: 1, nacked })
  })

  it('says who could newly call what', () => {
    const compiler = new MatchCompiler()
    const mesh = anIntent()
    const access = new MeshAccess({ mesh, meshWith: (_repository, intent) => intent }, compiler)
    const { recorder, board } = aRecorder((intent) => access.changes('policies', intent))
    recorder.progress(sourced)
    recorder.progress(validated)
    expect(board.record(commit)?.access).toBeUndefined()
    recorder.ended({ type: 'synced', commit })
    expect(board.record(commit)?.access).toEqual([
      '+ shop/buyer → store/books   *, e.g. GET /   (policy.yaml:12)',
    ])
  })

  it('says nothing of who could call what for the first commit of a mesh: all of it would be news', () => {
    const served = { mesh: undefined, meshWith: () => anIntent() }
    const access = new MeshAccess(served, new MatchCompiler())
    expect(access.changes('policies', anIntent({ grants }))()).toEqual([])
  })

  it('is stalled with every problem when the commit is wrong', () => {
    const { recorder, board, log } = aRecorder()
    recorder.progress(sourced)
    const problem = {
      ...({ code: 'PLB0310', severity: 'error', path: 'spec', message: 'm', fix: 'f' } as const),
      location: { file: 'a.yaml', line: 3, column: 7 },
    }
    recorder.progress({ type: 'rejected', commit, problems: [problem], at })
    expect(board.record(commit)).toMatchObject({ state: 'stalled', reason: '1 problem' })
    expect(JSON.stringify(log)).toContain('a.yaml:3:7 PLB0310 m; f')
  })

  it('says once why passes wait, and again when that changes', () => {
    const { recorder, log } = aRecorder()
    for (const reason of ['a', 'a', 'b', 'a'])
      recorder.ended({ type: 'waiting', reason, retryAfterMs: 1 })
    recorder.ended({ type: 'synced', commit })
    recorder.ended({ type: 'waiting', reason: 'a', retryAfterMs: 1 })
    expect(log.lines.map(({ fields }) => fields?.['reason'])).toEqual(['a', 'b', 'a', 'a'])
  })

  it('is not applied by a plan that left an object out, and is once nothing is left out', () => {
    const { recorder, enforce, board, log } = aRecorder()
    recorder.progress(sourced)
    const result = { done: [], failures: [], held: [], deleting: [], inventory: EMPTY_INVENTORY }
    recorder.progress({ type: 'applied', commit, plan: { commit, steps: [] }, result, at })
    recorder.ended({
      type: 'waiting',
      commit,
      reason: '1 object cannot be written',
      retryAfterMs: 1,
    })
    enforce('enforced')
    expect(board.record(commit)).toMatchObject({ state: 'waiting' })
    expect(log.sentences).not.toContain('commit applied')
    recorder.ended({ type: 'synced', commit })
    const record = board.record(commit)
    expect([record?.state, record?.reason]).toEqual(['enforced', undefined])
  })

  it('has beside it since when passes fail, for as long as they do', () => {
    const { recorder, board, clock } = aRecorder()
    const fail = (text: string) => recorder.ended({ type: 'failed', error: new Error(text) })
    recorder.ended({ type: 'synced', commit })
    expect(board.failing).toBeUndefined()
    fail('git is away')
    clock.jumpWall(60_000)
    fail('git is still away')
    expect(board.failing).toEqual({ since: 1_000, error: 'git is still away' })
    recorder.ended({ type: 'stalled', commit, problems: [] })
    expect(board.failing).toBeUndefined()
  })

  it('waits or has failed, with the reason, as the pass ended', () => {
    const { recorder, board } = aRecorder()
    recorder.progress(sourced)
    recorder.ended({ type: 'waiting', commit, reason: '12 objects would go', retryAfterMs: 1 })
    expect(board.record(commit)).toMatchObject({ state: 'waiting', reason: '12 objects would go' })
    recorder.ended({ type: 'failed', commit, error: new Error('disk full') })
    expect(board.record(commit)).toMatchObject({ state: 'failed', reason: 'disk full' })
    recorder.ended({ type: 'synced', commit })
    expect(board.record(commit)?.state).toBe('applied')
  })
})
