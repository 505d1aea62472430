/** From a commit to the cluster: what a pass does, and what it never does. */
import { describe, expect, it } from 'vitest'
import type { Instant } from '../../src/model/clock.ts'
import { ClusterError } from '../../src/reconciler/cluster.ts'
import { countSteps } from '../../src/reconciler/plan/step.ts'
import type { PassSettings } from '../../src/reconciler/reconcile.ts'
import { aConfigMap, idOf } from '../support/cluster-objects.ts'
import { openScratchCluster } from '../support/embedded-cluster.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FaultyCluster } from '../support/faulty-cluster.ts'
import { MemoryGit } from '../support/memory-git.ts'
import { aTrafficTarget } from '../support/policy-objects.ts'
import { BOOKSTORE_FILES, grantFile, NAMESPACE_FILE, ROUTES_FILE } from '../support/policy-yaml.ts'
import { afterRestart, aReconcilerWorld, ReconcilerWorld } from '../support/reconciler-world.ts'

const BUYER = idOf(aTrafficTarget('bookbuyer'))
const manyGrants = (count: number) =>
  Object.assign({}, ...Array.from({ length: count }, (_, i) => grantFile('bookbuyer', `g${i}`)))

function lastPlanCounts(world: ReconcilerWorld) {
  const planned = world.progress.findLast((progress) => progress.type === 'planned')
  return planned?.type === 'planned' ? countSteps(planned.plan) : undefined
}

describe('a good commit', () => {
  it('is read, judged, planned, served and applied, in this order', async () => {
    const world = await aReconcilerWorld({
      onIntent: ({ commit }) =>
        world.served.push(commit) && world.progress.push({ type: 'SERVED', commit } as never),
    })
    const commit = world.git.commit(BOOKSTORE_FILES)
    expect(await world.pass()).toEqual({ type: 'synced', commit })
    const short = commit.slice(0, 7)
    expect(world.told()).toEqual([
      `sourced ${short}`,
      `validated ${short}`,
      `planned ${short}`,
      `SERVED ${short}`,
      `applied ${short}`,
    ])
    expect(await world.cluster.get(BUYER)).toMatchObject({
      metadata: { labels: { 'plumbline.dev/repository': 'policies' } },
      spec: { sources: [{ kind: 'ServiceAccount', name: 'bookbuyer', namespace: 'bookstore' }] },
    })
  })

  it('is nothing to do the second time, and nothing is told', async () => {
    const world = await aReconcilerWorld()
    const commit = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    world.told()
    expect(await world.pass()).toEqual({ type: 'synced', commit })
    expect(world.told()).toEqual([])
    expect(world.served).toEqual([commit])
  })

  it('changes only what it changes', async () => {
    const world = await aReconcilerWorld()
    world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookthief') })
    await world.pass()
    world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('mallory', 'bookbuyer') })
    await world.pass()
    expect(lastPlanCounts(world)).toEqual({
      create: 0,
      configure: 1,
      unchanged: 2,
      prune: 1,
      skip: 0,
    })
  })

  it('says how it stands to the last one that was accepted, whatever was rejected in between', async () => {
    const world = await aReconcilerWorld()
    const first = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookthief') })
    await world.pass()
    world.git.reset(first)
    world.git.commit({ 'broken.yaml': 'kind: [' })
    await world.pass()
    world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    world.git.reset(first)
    await world.pass()
    const relations = world.progress.map((one) => one.type === 'sourced' && one.relation)
    expect(relations.filter(Boolean)).toEqual([
      ...['first', 'descendant', 'rewritten', 'rewritten', 'behind'],
    ])
  })

  it('takes the enrollment back from a namespace that leaves the repository, and leaves the namespace', async () => {
    const world = await aReconcilerWorld()
    world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    world.git.commit({ ...grantFile('bookbuyer'), ...ROUTES_FILE })
    expect((await world.pass()).type).toBe('synced')
    const namespace = await world.cluster.get({
      group: '',
      version: 'v1',
      kind: 'Namespace',
      namespace: '',
      name: 'bookstore',
    })
    expect(namespace?.metadata).toMatchObject({ name: 'bookstore', managedFields: [] })
    expect(namespace?.metadata.labels).toBeUndefined()
  })
})

describe('a bad commit', () => {
  const BROKEN = { ...BOOKSTORE_FILES, 'broken.yaml': 'apiVersion: v1\nkind: [' }

  it('changes nothing and keeps the last good one serving', async () => {
    const world = await aReconcilerWorld()
    const good = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    const before = await world.cluster.get(BUYER)
    const bad = world.git.commit(BROKEN)
    expect(await world.pass()).toMatchObject({
      type: 'stalled',
      commit: bad,
      problems: [{ location: { file: 'broken.yaml' } }],
    })
    expect(await world.pass()).toMatchObject({ type: 'stalled', commit: bad })
    expect(world.told().filter((line) => line.startsWith('rejected'))).toHaveLength(1)
    expect(await world.cluster.get(BUYER)).toEqual(before)
    expect(world.served).toEqual([good])
  })

  it('is one that fails its policy tests', async () => {
    const world = await aReconcilerWorld()
    const problem = {
      code: 'PLB9999',
      severity: 'error',
      location: { file: 'tests.yaml', line: 1, column: 1 },
      path: '',
      message: 'bookthief may call bookstore',
      fix: 'remove the grant',
    } as const
    world.failing = [problem]
    const commit = world.git.commit(BOOKSTORE_FILES)
    expect(await world.pass()).toEqual({ type: 'stalled', commit, problems: [problem] })
    expect(await world.cluster.get(BUYER)).toBeUndefined()
    expect(world.served).toEqual([])
  })

  it('is followed by a good one as if it had never been', async () => {
    const world = await aReconcilerWorld()
    world.git.commit(BROKEN)
    await world.pass()
    const good = world.git.commit(BOOKSTORE_FILES)
    expect(await world.pass()).toEqual({ type: 'synced', commit: good })
  })
})

describe('a large prune', () => {
  it('holds the whole commit back, says how to allow it, and is told of once', async () => {
    const world = await aReconcilerWorld()
    const full = world.git.commit({ ...BOOKSTORE_FILES, ...manyGrants(12) })
    await world.pass()
    const pruning = world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookthief') })
    world.told()
    const outcome = await world.pass()
    expect(outcome).toMatchObject({ type: 'waiting', commit: pruning })
    expect(outcome.type === 'waiting' && outcome.reason).toContain('`Plumbline-Allow-Prune: 12`')
    await world.pass()
    expect(world.told().filter((line) => line.startsWith('planned'))).toHaveLength(1)
    // Not even what the commit adds is done: proxies go on with the commit before.
    expect(await world.cluster.get(idOf(aTrafficTarget('bookthief')))).toBeUndefined()
    expect(world.served).toEqual([full])
  })

  it('goes on with a commit that allows it', async () => {
    const world = await aReconcilerWorld()
    world.git.commit({ ...BOOKSTORE_FILES, ...manyGrants(12) })
    await world.pass()
    const allowed = world.git.commit(BOOKSTORE_FILES, 'Drop a team\n\nPlumbline-Allow-Prune: 12\n')
    expect(await world.pass()).toEqual({ type: 'synced', commit: allowed })
    expect(await world.cluster.get(idOf(aTrafficTarget('g3')))).toBeUndefined()
    // The allowance was that commit's: the next one has none.
    world.git.commit({ ...NAMESPACE_FILE })
    world.git.commit({ ...BOOKSTORE_FILES, ...manyGrants(12) })
    await world.pass()
    world.git.commit(BOOKSTORE_FILES)
    expect((await world.pass()).type).toBe('waiting')
  })
})

describe('a pinned commit', () => {
  it('is applied in place of what the branch names, and called that', async () => {
    const pins: { pin: PassSettings['pin'] } = { pin: undefined }
    const world = await aReconcilerWorld({ settings: pins })
    const older = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    const tip = world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookthief') })
    await world.pass()
    pins.pin = { commit: older, insteadOf: tip, reason: 'slow', expiresAt: undefined }
    expect(await world.pass()).toEqual({ type: 'synced', commit: older })
    expect(world.reconciler.pin.type).toBe('holds')
    expect(world.served.at(-1)).toBe(older)
    const next = world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('mallory') })
    expect(await world.pass()).toEqual({ type: 'synced', commit: next })
    expect(world.reconciler.pin).toMatchObject({ type: 'over', because: 'new-commit' })
  })

  it('gives way when its time is over', async () => {
    const pins: { pin: PassSettings['pin'] } = { pin: undefined }
    const world = await aReconcilerWorld({ settings: pins })
    const older = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    const tip = world.git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookthief') })
    const expiresAt = (world.clock.now() + 60_000) as Instant
    pins.pin = { commit: older, insteadOf: tip, reason: '', expiresAt }
    expect(await world.pass()).toEqual({ type: 'synced', commit: older })
    await world.clock.advance(60_000)
    expect(await world.pass()).toEqual({ type: 'synced', commit: tip })
  })
})

describe('a replica that does not apply', () => {
  it('serves what the one that does has accepted, and writes nothing', async () => {
    const world = await aReconcilerWorld()
    const follower = afterRestart(world)
    expect(await follower.catchUp()).toMatchObject({ type: 'waiting' })
    const first = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    expect(await follower.catchUp()).toEqual({ type: 'synced', commit: first })
    expect(follower.served).toEqual([first])
    expect(follower.told()).toEqual([])
    // A commit that nobody has accepted is none of its business.
    world.git.commit({ 'broken.yaml': 'x: [' })
    expect(await follower.catchUp()).toEqual({ type: 'synced', commit: first })
  })
})

describe('a world that fails', () => {
  it('fails the pass when git is down, and touches nothing', async () => {
    const world = await aReconcilerWorld()
    const commit = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    world.git.isDown = true
    expect(await world.pass()).toMatchObject({ type: 'failed', error: { code: 'HostUnreachable' } })
    world.git.isDown = false
    expect(await world.pass()).toEqual({ type: 'synced', commit })
  })

  it('serves the last accepted commit after a restart with git down', async () => {
    const world = await aReconcilerWorld()
    const commit = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    world.git.isDown = true
    const restarted = afterRestart(world)
    expect(await restarted.restore()).toBe(commit)
    expect(restarted.served).toEqual([commit])
    expect(restarted.reconciler.desired(BUYER)).toBeDefined()
  })

  it('goes back to the last good commit after a restart on a bad one', async () => {
    const world = await aReconcilerWorld()
    const good = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    world.git.commit({ ...BOOKSTORE_FILES, 'broken.yaml': 'x: [' })
    await world.pass()
    const restarted = afterRestart(world)
    await restarted.restore()
    expect((await restarted.pass()).type).toBe('stalled')
    expect(restarted.served).toEqual([good])
  })

  it('goes back to the last good commit where the cache was lost, too, once git can be asked', async () => {
    const world = await aReconcilerWorld()
    const good = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    world.git.commit({ ...BOOKSTORE_FILES, 'broken.yaml': 'x: [' })
    const restarted = afterRestart(world)
    expect(await restarted.pass()).toMatchObject({ type: 'stalled' })
    expect(restarted.served).toEqual([good])
  })

  it('goes on with what the branch names where the last good commit cannot be had any more', async () => {
    const world = await aReconcilerWorld()
    const gone = world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    const git = new MemoryGit()
    const next = git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookthief') })
    const restarted = new ReconcilerWorld(git, world.cluster, world.clock)
    expect(await restarted.pass()).toEqual({ type: 'synced', commit: next })
    expect(restarted.served).toEqual([next])
    expect(restarted.log.sentences).toContain(
      'warn: the commit that was accepted last cannot be had any more',
    )
    expect(gone).not.toBe(next)
  })

  it('has nothing to restore before the first commit was accepted', async () => {
    const world = await aReconcilerWorld()
    expect(await world.restore()).toBeUndefined()
  })

  it('converges after a crash at any write of a pass, and serves only what a restart goes back to', async () => {
    for (let failAt = 0, hasFailed = true; hasFailed; failAt++) {
      await using scratch = await openScratchCluster()
      const faulty = new FaultyCluster(scratch.cluster, {
        failAt,
        isDone: failAt % 2 === 0,
        isOnce: false,
      })
      const git = new MemoryGit()
      const clock = new FakeClock()
      const world = new ReconcilerWorld(git, faulty, clock)
      git.commit(BOOKSTORE_FILES)
      await world.pass()
      const second = git.commit({ ...BOOKSTORE_FILES, ...grantFile('bookthief') })
      await world.pass()
      await world.live.close()
      hasFailed = faulty.writes > failAt
      const restarted = new ReconcilerWorld(git, scratch.cluster, clock)
      // A record whose answer was lost names a commit that is validated all the same.
      expect([world.served.at(-1), second]).toContain(await restarted.restore())
      expect(await restarted.pass()).toEqual({ type: 'synced', commit: second })
      restarted.told()
      expect(await restarted.pass()).toEqual({ type: 'synced', commit: second })
      expect(restarted.told()).toEqual([])
      await restarted.live.close()
    }
  })

  it('waits for a kind that is not installed, applies the rest, and goes on when it is', async () => {
    const world = await aReconcilerWorld()
    world.git.commit(NAMESPACE_FILE)
    await world.pass()
    const { cluster } = world
    let isServed = false
    const apply = cluster.apply.bind(cluster)
    cluster.apply = async (object, options) => {
      if (object.kind === 'HTTPRouteGroup' && !isServed)
        throw new ClusterError('KindNotServed', 'no kind HTTPRouteGroup is served')
      return await apply(object, options)
    }
    const commit = world.git.commit(BOOKSTORE_FILES)
    expect(await world.pass()).toMatchObject({
      type: 'waiting',
      reason:
        '1 object cannot be written; HTTPRouteGroup bookstore/routes: no kind HTTPRouteGroup is served',
    })
    expect(await cluster.get(BUYER)).toBeDefined()
    isServed = true
    expect(await world.pass()).toEqual({ type: 'synced', commit })
  })

  it('prunes nothing while something before it failed', async () => {
    const world = await aReconcilerWorld()
    world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    const { cluster } = world
    const apply = cluster.apply.bind(cluster)
    cluster.apply = async (object, options) => {
      if (object.metadata.name === 'successor' && !options.dryRun)
        throw new ClusterError('Unavailable', 'the connection was lost')
      return await apply(object, options)
    }
    const commit = world.git.commit({
      ...NAMESPACE_FILE,
      ...ROUTES_FILE,
      ...grantFile('bookbuyer', 'successor'),
    })
    expect(await world.pass()).toMatchObject({ type: 'failed', commit })
    expect(await cluster.get(BUYER)).toBeDefined()
    cluster.apply = apply
    expect(await world.pass()).toEqual({ type: 'synced', commit })
    expect(await cluster.get(BUYER)).toBeUndefined()
  })

  it('is found again by the marks when the inventory is deleted', async () => {
    const world = await aReconcilerWorld()
    world.git.commit(BOOKSTORE_FILES)
    await world.pass()
    for (const name of ['plumbline-inventory-policies', 'plumbline-inventory-policies.1.0'])
      await world.cluster.delete(idOf(aConfigMap(name)))
    const restarted = afterRestart(world)
    const commit = world.git.commit({ ...NAMESPACE_FILE, ...ROUTES_FILE })
    expect(await restarted.pass()).toEqual({ type: 'synced', commit })
    expect(await world.cluster.get(BUYER)).toBeUndefined()
    expect(restarted.log.sentences).toEqual([
      'warn: the inventory was lost or damaged and is rebuilt from the marks on objects',
    ])
  })
})
