/** F17: a git server that is away for an hour, at a real address, under the loop that `plumb run` has. */
import { expect, it } from 'vitest'
import { Loop } from '../../../src/reconciler/loop.ts'
import type { ReconcileOutcome } from '../../../src/reconciler/reconcile-outcome.ts'
import { BOOKSTORE_FILES, grantFile } from '../../support/policy-yaml.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'
import { aGitWorld, type GitWorld } from './git-world.ts'

const HOUR_MS = 3_600_000

/** The loop over the world's passes, on its stepped clock; a step ends when no pass is under way. */
function follow(world: GitWorld) {
  const outcomes: ReconcileOutcome[] = []
  const stop = new AbortController()
  let underWay = 0
  const loop = new Loop({
    keys: ['policies'],
    schedule: () => ({ type: 'every', intervalMs: 30_000 }),
    reconcile: async () => {
      underWay += 1
      const outcome = await world.pass()
      outcomes.push(outcome)
      return outcome
    },
    ended: () => {
      underWay -= 1
    },
    ...{ clock: world.clock, entropy: new SeededEntropy(), log: world.log },
  })
  const running = loop.run(stop.signal)
  return {
    outcomes,
    advance: async (spanMs: number, stepMs: number) => {
      for (let at = 0; at < spanMs; at += stepMs) {
        await world.clock.advance(stepMs)
        while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 1))
      }
    },
    stop: async () => {
      stop.abort()
      await running
    },
  }
}

it('an hour without git changes nothing, is asked for about once a minute, and ends by itself', async () => {
  const world = await aGitWorld()
  const good = world.push(BOOKSTORE_FILES)
  const loop = follow(world)
  await loop.advance(1_000, 100)
  expect(loop.outcomes).toEqual([{ type: 'synced', commit: good }])
  const next = world.push(grantFile('reader'))
  const address = world.server.origin
  await world.server.close()

  await loop.advance(HOUR_MS, 1_000)
  const failures = loop.outcomes.slice(1)
  // Doubling from one second to one minute, each drawn from its upper half: between sixty and a hundred and thirty.
  expect(failures.length).toBeGreaterThan(50)
  expect(failures.length).toBeLessThan(140)
  for (const outcome of failures)
    expect(outcome).toMatchObject({ type: 'failed', error: { code: 'HostUnreachable' } })
  expect([world.served, await world.grants()]).toEqual([[good], ['bookbuyer']])

  await world.serve()
  expect(world.server.origin).toBe(address)
  await loop.advance(60_000, 1_000)
  expect(loop.outcomes.at(-1)).toEqual({ type: 'synced', commit: next })
  expect(await world.grants()).toEqual(['bookbuyer', 'reader'])
  await loop.stop()
}, 60_000)
