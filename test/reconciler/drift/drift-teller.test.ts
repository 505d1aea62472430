/** Putting back comes first, and every drift is told of, whatever becomes of its effect. */
import { expect, it } from 'vitest'
import type { CommitSha } from '../../../src/model/commit-sha.ts'
import type { DriftReport } from '../../../src/reconciler/drift/drift-report.ts'
import { DriftTeller, type EffectOf } from '../../../src/reconciler/drift/drift-teller.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

const COMMIT = 'a'.repeat(40) as CommitSha

function aReport(name: string): Omit<DriftReport, 'effect'> {
  return {
    object: { group: '', version: 'v1', kind: 'Namespace', namespace: '', name },
    location: { file: 'namespaces.yaml', line: 1, column: 1 },
    ...{ commit: COMMIT, managers: [], fields: [], action: 'restored', isFight: false },
    at: new FakeClock().now(),
  }
}

function aTeller(effectOf?: EffectOf) {
  const clock = new FakeClock()
  const log = new RecordingLogger()
  const told: string[] = []
  const noted: EffectOf = ({ id }) => ({ opened: [], closed: [], traffic: [], note: id.name })
  const onDrift = ({ object, effect }: DriftReport) => {
    told.push(`${object.name}: ${effect.note}`)
    if (object.name === 'throws') throw new Error('no')
  }
  const teller = new DriftTeller({ clock, log, onDrift, effectOf: effectOf ?? noted })
  const tell = (name: string) => {
    const report = aReport(name)
    teller.tell(report, { id: report.object, live: undefined, commit: COMMIT })
  }
  return { teller, tell, told, clock, log }
}

it('works out effects in their order, once nothing waits to be put back', async () => {
  const { teller, tell, told, clock } = aTeller()
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const corrections = [first, second].map((one) => teller.first(async () => await one.promise))
  tell('a')
  tell('b')
  await clock.advance(1_000)
  first.resolve()
  await clock.advance(1_000)
  expect(told).toEqual([])
  second.resolve()
  await Promise.all(corrections)
  await clock.advance(1_000)
  expect(told).toEqual(['a: a', 'b: b'])
})

it('stops between two effects for what is to be put back meanwhile, and goes on after it', async () => {
  const { teller, tell, told, clock } = aTeller()
  tell('a')
  tell('b')
  const correction = Promise.withResolvers<void>()
  const done = teller.first(async () => await correction.promise)
  await clock.advance(1_000)
  expect(told).toEqual(['a: a'])
  correction.resolve()
  await done
  await clock.advance(1_000)
  expect(told).toEqual(['a: a', 'b: b'])
})

it('tells of a drift whose effect cannot be worked out, and of a correction that failed nothing', async () => {
  const { teller, tell, told, clock, log } = aTeller(() => {
    throw new Error('the automaton burst')
  })
  const failed = teller.first(async () => {
    throw new Error('the connection was lost')
  })
  await expect(failed).rejects.toThrow('the connection was lost')
  tell('a')
  await clock.advance(1_000)
  expect(told).toEqual(['a: what it would have meant is not known: working it out ended by a bug'])
  expect(log.lines).toMatchObject([{ level: 'error' }])
})

it('goes on when whoever is told throws', async () => {
  const { tell, told, clock, log } = aTeller()
  tell('throws')
  tell('b')
  await clock.advance(1_000)
  expect(told).toEqual(['throws: throws', 'b: b'])
  expect(log.lines).toMatchObject([{ level: 'error' }])
})

it('works out no more than two hundred at once, and tells of the others at once', async () => {
  const { teller, tell, told, clock } = aTeller()
  const correction = Promise.withResolvers<void>()
  const done = teller.first(async () => await correction.promise)
  for (let index = 0; index < 202; index++) tell(`n${index}`)
  const reason = 'what it would have meant is not known: too many objects were changed at once'
  expect(told).toEqual([`n200: ${reason}`, `n201: ${reason}`])
  correction.resolve()
  await done
  await clock.advance(1_000)
  expect(told).toHaveLength(202)
})

it('tells of the rest without their effects when it is closed, and then of nothing', async () => {
  const { teller, tell, told, clock } = aTeller()
  tell('a')
  tell('b')
  await teller.close()
  const reason = 'what it would have meant is not known: the control plane was about to stop'
  expect(told).toEqual(['a: a', `b: ${reason}`])
  await clock.advance(1_000)
  expect(told).toHaveLength(2)
})
