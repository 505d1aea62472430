import { describe, expect, it } from 'vitest'
import { StatusBoard } from '../../../../src/cli/run/status/status-board.ts'
import type { Instant } from '../../../../src/model/clock.ts'
import { type CommitSha, toCommitSha } from '../../../../src/model/commit-sha.ts'
import type { CommitRecord } from '../../../../src/reconciler/commit-record.ts'

function sha(digit: string): CommitSha {
  return toCommitSha(digit.repeat(40))
}

function aRecord(commit: CommitSha, change: Partial<CommitRecord> = {}): CommitRecord {
  return {
    commit,
    subject: 'Open the shop',
    author: 'A',
    state: 'sourced',
    sourcedAt: 0 as Instant,
    problems: [],
    touched: 0,
    acked: 0,
    nacked: [],
    ...change,
  }
}

describe('the status board', () => {
  it('answers at once for a commit that is settled', async () => {
    const board = new StatusBoard()
    board.begin(aRecord(sha('a'), { state: 'enforced' }))
    const record = await board.settled(sha('a'), new AbortController().signal)
    expect(record.state).toBe('enforced')
  })

  it('answers when a commit that is not there yet is sourced and settles', async () => {
    const board = new StatusBoard()
    const settled = board.settled(sha('a'), new AbortController().signal)
    board.begin(aRecord(sha('a')))
    board.update(sha('a'), { state: 'stalled' })
    expect((await settled).state).toBe('stalled')
  })

  it('stops waiting when the signal aborts', async () => {
    const controller = new AbortController()
    const settled = new StatusBoard().settled(sha('a'), controller.signal)
    controller.abort(new Error('enough'))
    await expect(settled).rejects.toThrow('enough')
  })

  it('calls a commit superseded when a newer one comes before it is enforced', () => {
    const board = new StatusBoard()
    board.begin(aRecord(sha('a')))
    board.begin(aRecord(sha('b')))
    expect(board.history.map(({ commit, state }) => [commit[0], state])).toEqual([
      ['a', 'superseded'],
      ['b', 'sourced'],
    ])
  })

  it('keeps what became of an enforced commit when a newer one comes', () => {
    const board = new StatusBoard()
    board.begin(aRecord(sha('a'), { state: 'enforced' }))
    board.begin(aRecord(sha('b')))
    expect(board.record(sha('a'))?.state).toBe('enforced')
  })

  it('keeps the last twenty commits', () => {
    const board = new StatusBoard()
    const commits = Array.from({ length: 25 }, (_, index) =>
      toCommitSha(index.toString(16).padStart(40, '0')),
    )
    for (const commit of commits) board.begin(aRecord(commit))
    expect(board.history.map(({ commit }) => commit)).toEqual(commits.slice(5))
  })
})
