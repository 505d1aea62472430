/** F11: `kill -9` of a real control plane between every two calls to a real API server, and what the next one makes of what is left. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aTrafficTarget } from '../../support/policy-objects.ts'
import { KubeControlPlane } from '../kube/kube-control-plane.ts'
import { kubeTrouble } from '../kube/kube-trouble.ts'
import { listAll, uidsOf, viewOf } from './cluster-view.ts'
import { FLIP, FLOP, LASTING, NOTHING } from './flip-flop.ts'
import { MortalControlPlane } from './mortal-control-plane.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
const ROUNDS_LIMIT_MS = 10 * 60_000
/** A pass of these commits makes about two dozen calls; more than this means that it never ends. */
const MOST_CALLS = 60
const ROUNDS = [
  { of: 'call', when: 'before', isTakenBack: false },
  { of: 'write', when: 'after', isTakenBack: true },
] as const

const trouble = await kubeTrouble()
let kube: KubeControlPlane
let plane: MortalControlPlane

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  plane = await MortalControlPlane.make(kube)
}, BUILD_LIMIT_MS)

afterEach(async () => await plane?.stop())

afterAll(async () => {
  await plane?.remove()
  await kube?.stop()
})

const view = async () => viewOf(await listAll((path) => plane.list(path)))
const uids = async () => uidsOf(await listAll((path) => plane.list(path)), LASTING)

describe.skipIf(trouble)('kill -9', () => {
  it(
    'at every write from nothing on, each start a write further than the one before, still ends with the commit applied',
    async () => {
      const commit = plane.push(FLIP)
      let write = 0
      for (; write < MOST_CALLS; write++) {
        plane.killAt({ of: 'write', at: write, when: 'after' })
        plane.start()
        if (!(await plane.diesBeforeApplying(commit))) break
      }
      // Definitions, namespaces, the root, the record of intent, the objects, the record of what was done.
      expect(write).toBeGreaterThan(14)
      expect(write).toBeLessThan(MOST_CALLS)
      expect(await view()).toEqual({ ...FLIP.view, others: [] })
      expect(plane.complaints()).toEqual([])
    },
    ROUNDS_LIMIT_MS,
  )

  it(
    'between every two calls of a pass that adds, changes, prunes, enrolls and un-enrolls converges, with nothing orphaned',
    async () => {
      const first = plane.push(FLIP)
      plane.start()
      await plane.applied(first)
      await kube.kubectl(['apply', '-f', '-'], JSON.stringify(aTrafficTarget('stranger')))
      const before = await uids()
      let kills = 0
      let now = FLIP
      // Killed before the write k + 1, or after the write k, the cluster is the same: from each state one control plane goes on,
      // and another one finds the commit taken back, whose objects nobody names any more.
      for (const { of, when, isTakenBack } of ROUNDS)
        for (let at = 0, isOver = false; !isOver; at++) {
          expect(at).toBeLessThan(MOST_CALLS)
          const next = now === FLIP ? FLOP : FLIP
          plane.killAt({ of, at, when })
          let commit = plane.push(next)
          isOver = !(await plane.diesBeforeApplying(commit))
          if (!isOver && isTakenBack) commit = plane.push(now)
          else now = next
          if (!isOver) {
            // A pod that is replaced has no cache.
            if (kills++ % 3 === 0) await plane.loseData()
            plane.start()
            await plane.applied(commit)
          }
          const told = `${when} ${of} ${at}`
          expect([told, await view()]).toEqual([told, { ...now.view, others: ['stranger'] }])
          // What is in both commits was never deleted, not even to be made again.
          expect([told, await uids()]).toEqual([told, before])
          expect([told, plane.complaints()]).toEqual([told, []])
        }
      console.log(`killed ${kills} times`)
      expect(kills).toBeGreaterThan(20)
    },
    ROUNDS_LIMIT_MS,
  )

  it('loses no object out of the inventory: a commit that takes all away leaves nothing of ours', async () => {
    const last = plane.push(NOTHING)
    plane.start()
    await plane.applied(last)
    expect(await view()).toEqual({ ...NOTHING.view, others: ['stranger'] })
  })
})
