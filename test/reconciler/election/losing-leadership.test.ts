/** One leads at a time, whatever becomes of the leader: by stepped clocks, on an embedded cluster. */
import { describe, expect, it } from 'vitest'
import { aLeads, ElectionWorld, TestReplica } from './election-world.ts'

const DAY = 24 * 60 * 60 * 1000

describe('a leader that is gone', () => {
  it('is followed by another when its Lease has run out, and not before', async () => {
    const { world, a, b } = await aLeads()
    a.way.is('hanging')
    a.clock.pause()
    const died = world.clock.monotonic()
    await world.pass(11_900)
    expect(b.terms).toBe(0)
    await world.pass(4_000)
    expect(b.leads).toBe(true)
    // Renewed up to three seconds before it died, and seen at most that much later.
    expect(world.firstOf('b') - died).toBeGreaterThanOrEqual(12_000)
    expect(world.firstOf('b') - died).toBeLessThanOrEqual(16_000)
    expect((await world.lease())?.['spec']).toMatchObject({
      holderIdentity: 'b',
      leaseTransitions: 1,
    })
  })

  it('is followed at the next look when it has released the Lease', async () => {
    const { world, a, b } = await aLeads()
    a.close()
    await a.ended
    expect((await world.lease())?.['spec']).not.toHaveProperty('holderIdentity')
    await world.pass(3_000)
    expect(b.leads).toBe(true)
    expect(world.lastOf('a')).toBeLessThan(world.firstOf('b'))
  })

  it('keeps the Lease until what it does has ended, and may write until then', async () => {
    const world = await ElectionWorld.open()
    const drained = Promise.withResolvers<void>()
    const a = new TestReplica(world, 'a', { lead: async () => await drained.promise })
    await world.settle()
    const b = new TestReplica(world, 'b')
    a.close()
    await world.pass(60_000)
    expect([a.leadership?.signal.aborted, b.terms]).toEqual([true, 0])
    expect(await a.write()).toBe('written')
    drained.resolve()
    await world.pass(3_000)
    expect(b.leads).toBe(true)
    expect(await a.write()).toBe('Unavailable')
  })

  it('ends in bounded time where the cluster does not answer', async () => {
    const { world, a } = await aLeads()
    a.way.is('hanging')
    a.close()
    let hasEnded = false
    void a.ended.then(() => {
      hasEnded = true
    })
    await world.pass(5_100)
    expect(hasEnded).toBe(true)
  })

  it('gives the Lease up when what it does ends or throws', async () => {
    const world = await ElectionWorld.open()
    const a = new TestReplica(world, 'a', {
      lead: async () => await Promise.reject(new Error('a bug')),
    })
    await world.settle()
    expect(world.log.sentences).toContain('error: leading ended by a bug')
    const b = new TestReplica(world, 'b')
    await world.settle()
    expect([a.leads, b.leads]).toEqual([false, true])
  })
})

describe('a leader that is cut off (F13)', () => {
  it.each(['down', 'hanging', 'mute'] as const)(
    'has stopped writing before another begins: %s',
    async (reach) => {
      const { world, a, b } = await aLeads()
      const cutAt = world.clock.monotonic()
      a.way.is(reach)
      await world.pass(30_000)
      expect(world.order).toEqual(['a', 'b'])
      expect([a.leadership?.signal.aborted, a.active, b.leads]).toEqual([true, 0, true])
      expect(world.lastOf('a')).toBeGreaterThan(cutAt + 5_000)
      // The time between the renew deadline and the end of the lease, as the other has seen it.
      expect(world.firstOf('b') - world.lastOf('a')).toBeGreaterThanOrEqual(4_900)
    },
  )

  it('writes nothing after its deadline even when it does not listen', async () => {
    const world = await ElectionWorld.open()
    const a = new TestReplica(world, 'a', {
      lead: async (_leadership, replica) => {
        for (;;) {
          await replica.write()
          await replica.clock.sleep(100)
        }
      },
    })
    await world.settle()
    const b = new TestReplica(world, 'b')
    await world.pass(5_000)
    a.way.is('down')
    await world.pass(30_000)
    expect(world.order).toEqual(['a', 'b'])
    expect(a.active).toBe(1)
    expect(b.leads).toBe(true)
  })

  it('campaigns again only when what it did has ended', async () => {
    const world = await ElectionWorld.open()
    const stuck = Promise.withResolvers<void>()
    const a = new TestReplica(world, 'a', {
      lead: async (_leadership, replica) =>
        await (replica.terms === 1 ? stuck.promise : replica.writeUntilTold()),
    })
    await world.settle()
    a.way.is('down')
    await world.pass(12_000)
    a.way.is('up')
    await world.pass(30_000)
    expect([a.terms, a.leads]).toEqual([1, false])
    stuck.resolve()
    await world.pass(1_000)
    expect([a.terms, a.leads]).toEqual([2, true])
  })

  it('counts from when its last renewal left, not from when it was answered', async () => {
    const { world, a } = await aLeads()
    a.way.is('mute')
    const written = (await world.lease())?.metadata.resourceVersion
    while ((await world.lease())?.metadata.resourceVersion === written) await world.pass(100)
    const renewedAt = world.clock.monotonic()
    await world.pass(4_000)
    // The answer comes, and no call after it gets through.
    a.way.is('up')
    a.way.is('down')
    await world.pass(30_000)
    expect(world.order).toEqual(['a', 'b'])
    expect(world.lastOf('a') - renewedAt).toBeLessThanOrEqual(10_000)
  })

  it('goes on leading over an outage that is shorter than its deadline', async () => {
    const { world, a, b } = await aLeads()
    for (const reach of ['down', 'hanging', 'mute'] as const) {
      a.way.is(reach)
      await world.pass(4_500)
      a.way.is('up')
      await world.pass(20_000)
    }
    expect([a.terms, a.leads, b.terms]).toEqual([1, true, 0])
  })

  it('knows its own renewal again when the answer was lost, and has time to renew once more', async () => {
    const { world, a } = await aLeads()
    a.way.is('mute')
    const before = await world.lease()
    while ((await world.lease())?.metadata.resourceVersion === before?.metadata.resourceVersion)
      await world.pass(100)
    await world.pass(4_900)
    a.way.is('lossy')
    await world.pass(20_000)
    expect([a.terms, a.leads]).toEqual([1, true])
  })

  it('tries again at once after a try that took long', async () => {
    const { world, a } = await aLeads()
    const before = a.way.calls
    a.way.is('hanging')
    while (a.way.calls === before) await world.pass(100)
    await world.pass(4_800)
    expect(a.way.calls).toBe(before + 1)
    await world.pass(300)
    expect(a.way.calls).toBe(before + 2)
  })

  it('says that the cluster does not answer once, not at every try', async () => {
    const { world, a } = await aLeads()
    a.way.is('down')
    await world.pass(60_000)
    const said = world.log.sentences.filter((sentence) => sentence.includes('cannot be read'))
    expect(said).toHaveLength(1)
  })
})

describe('a leader that was stopped (F14)', () => {
  it('writes nothing when it goes on, before any timer of its has told it', async () => {
    const world = await ElectionWorld.open()
    const resumed = Promise.withResolvers<void>()
    const outcomes: unknown[] = []
    const a = new TestReplica(world, 'a', {
      lead: async (leadership, replica) => {
        await resumed.promise
        outcomes.push(leadership.signal.aborted, leadership.isHeld(), await replica.write())
      },
    })
    await world.settle()
    const b = new TestReplica(world, 'b')
    a.clock.pause()
    a.way.is('hanging')
    await world.pass(20_000)
    expect(b.leads).toBe(true)
    resumed.resolve()
    await world.settle()
    // The signal has not come yet: whoever went by it alone would have written.
    expect(outcomes).toEqual([false, false, 'Unavailable'])
    a.way.is('up')
    a.clock.resume()
    await world.pass(20_000)
    expect([a.leadership?.signal.aborted, a.leads, b.leads]).toEqual([true, false, true])
    expect(world.order).toEqual(['b'])
  })

  it('does not lead by a claim whose answer it saw too late', async () => {
    const world = await ElectionWorld.open()
    const a = new TestReplica(world, 'a')
    a.way.muteFrom = 2
    a.clock.pause()
    await world.pass(11_000)
    a.way.muteFrom = Number.POSITIVE_INFINITY
    a.way.is('up')
    await world.settle()
    expect(a.terms).toBe(0)
    expect((await world.lease())?.['spec']).toMatchObject({ holderIdentity: 'a' })
    a.clock.resume()
    await world.pass(3_000)
    expect(a.leads).toBe(true)
  })
})

describe('clocks (F15)', () => {
  it.each([
    ['three days ahead', 3 * DAY],
    ['three days back', -3 * DAY],
  ])('may be set %s on either side, and nothing changes', async (_name, span) => {
    const { world, a, b } = await aLeads()
    a.clock.jumpWall(span)
    await world.pass(60_000)
    b.clock.jumpWall(span)
    await world.pass(60_000)
    a.clock.jumpWall(-2 * span)
    await world.pass(60_000)
    expect([a.terms, a.leads, b.terms]).toEqual([1, true, 0])
    a.way.is('down')
    await world.pass(30_000)
    expect(world.order).toEqual(['a', 'b'])
  })

  it.each([
    ['slower', 0.75],
    ['faster', 1.4],
  ])('may run %s on one side, and still no two lead', async (_name, rate) => {
    const world = await ElectionWorld.open()
    const a = new TestReplica(world, 'a')
    await world.settle()
    const b = new TestReplica(world, 'b', { rate })
    await world.pass(20_000)
    a.way.is('hanging')
    await world.pass(40_000)
    a.way.is('up')
    b.way.is('hanging')
    await world.pass(40_000)
    expect(world.order).toEqual(['a', 'b', 'a'])
  })
})
