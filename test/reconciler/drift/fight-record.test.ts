import { expect, it } from 'vitest'
import { fightAdvice } from '../../../src/reconciler/drift/fight-advice.ts'
import { FightRecord } from '../../../src/reconciler/drift/fight-record.ts'

it('is a fight from the sixth correction within a minute on, and rests longer each round', () => {
  const record = new FightRecord()
  const isFight = (at: number) => record.correctedAt(at, [])
  expect([0, 1, 2, 3, 4].map((at) => isFight(at * 10_000))).not.toContain(true)
  expect(record.restMs).toBe(0)
  expect(isFight(59_000)).toBe(true)
  expect(record.restMs).toBe(1_000)
  expect(isFight(59_500)).toBe(true)
  expect(record.restMs).toBe(2_000)
  expect(isFight(500_000)).toBe(false)
  expect(record.restMs).toBe(0)
})

it('never rests longer than a minute', () => {
  const record = new FightRecord()
  for (let at = 0; at < 40; at++) record.correctedAt(at, [])
  expect(record.restMs).toBe(60_000)
})

it('knows everybody of the last minute, also where the last change was a deletion', () => {
  const record = new FightRecord()
  record.correctedAt(0, ['helm'])
  record.correctedAt(50_000, ['kubectl-edit'])
  record.correctedAt(60_000, ['flagger'])
  record.correctedAt(61_000, [])
  expect(record.managers).toEqual(['kubectl-edit', 'flagger'])
})

const target = { group: '', version: '', kind: 'TrafficTarget', namespace: 'shop', name: 'web' }
const split = { ...target, kind: 'TrafficSplit' }

it.each([
  [target, ['helm'], undefined, 'stop helm, or take the object out of the repository'],
  [
    target,
    [],
    undefined,
    'stop whoever deletes or edits it, or take the object out of the repository',
  ],
  [
    split,
    ['flagger'],
    'v2 has 60 %, and its bounds are 0..50 %',
    'stop flagger, or take the object out of the repository; or have the commit hand over what is wanted: v2 has 60 %, and its bounds are 0..50 %',
  ],
  [
    split,
    ['flagger'],
    undefined,
    'stop flagger, or take the object out of the repository; to let flagger set the weights within bounds, annotate the split in the repository with plumbline.dev/delegate-weights',
  ],
])(
  'advises to stop the other side, or to hand weights over: %j %j %s',
  (id, managers, delegation, advice) => {
    expect(fightAdvice(id, managers, delegation)).toBe(advice)
  },
)
