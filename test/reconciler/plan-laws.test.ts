/** What holds for every plan, whatever the commits and whatever others do to the cluster. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { type ObjectKey, toObjectKey } from '../../src/model/object-id.ts'
import { repositoryOf } from '../../src/reconciler/owner-mark.ts'
import { isEmptyPlan } from '../../src/reconciler/plan/step.ts'
import { idOf, NAMESPACE } from '../support/cluster-objects.ts'
import { openScratchCluster } from '../support/embedded-cluster.ts'
import { FaultyCluster } from '../support/faulty-cluster.ts'
import { PlanWorld } from '../support/plan-world.ts'
import { anEnrolledNamespace, aRouteGroup, aTrafficTarget } from '../support/policy-objects.ts'
import { RecordingCluster } from '../support/recording-cluster.ts'

const namespaces = fc.constantFrom('bookstore', 'bookbuyer')
const names = fc.constantFrom('a', 'b', 'c')

const objects: fc.Arbitrary<KubernetesObject> = fc.oneof(
  namespaces.map(anEnrolledNamespace),
  fc
    .tuple(names, fc.constantFrom('/a', '/b'), namespaces)
    .map(([name, path, namespace]) => aRouteGroup(name, path, { namespace })),
  fc
    .tuple(names, fc.subarray(['bookbuyer', 'bookthief']), namespaces)
    .map(([name, sources, namespace]) => aTrafficTarget(name, sources, { namespace })),
)
const commits = fc.uniqueArray(objects, {
  maxLength: 12,
  selector: (object) => JSON.stringify(idOf(object)),
})

/** What somebody else does to an object of ours. */
const meddling = fc.record({
  index: fc.nat(11),
  act: fc.constantFrom('edit' as const, 'delete' as const, 'label' as const),
})

async function meddle(
  world: PlanWorld,
  commit: readonly KubernetesObject[],
  { index, act }: { readonly index: number; readonly act: 'edit' | 'delete' | 'label' },
): Promise<void> {
  const object = commit[index % Math.max(1, commit.length)]
  const live = object === undefined ? undefined : await world.cluster.get(idOf(object))
  if (object === undefined || live === undefined) return
  if (act === 'delete') return await world.cluster.delete(idOf(object))
  const metadata = { ...live.metadata, labels: { ...live.metadata.labels, team: 'books' } }
  const edited =
    act === 'label' || object.kind === 'Namespace'
      ? { ...live, metadata }
      : { ...live, spec: { meddled: true } }
  await world.cluster.update(edited, { fieldManager: 'somebody' })
}

/** Objects in the cluster that carry our mark. */
async function ownedObjects(world: PlanWorld): Promise<readonly KubernetesObject[]> {
  const kinds = [aRouteGroup('x'), aTrafficTarget('x')].map(idOf)
  const lists = await Promise.all([NAMESPACE, ...kinds].map((kind) => world.cluster.list(kind)))
  return lists
    .flatMap(({ items }) => items)
    .filter((object) => repositoryOf(object) === world.repository)
}

async function ownedKeys(world: PlanWorld): Promise<readonly ObjectKey[]> {
  return (await ownedObjects(world)).map((object) => toObjectKey(idOf(object)))
}

async function owned(world: PlanWorld): Promise<readonly string[]> {
  return essence(await ownedObjects(world))
}

/** What a commit says of its objects: which they are, and their spec. */
function essence(all: readonly KubernetesObject[]): readonly string[] {
  return all.map((object) => JSON.stringify([idOf(object), object['spec']])).sort()
}

async function inScratch(law: (world: PlanWorld) => Promise<void>): Promise<void> {
  await using cluster = await openScratchCluster()
  await law(new PlanWorld(cluster.cluster))
}

const runs = { numRuns: 60 }

it('is empty for a world that matches, and after an apply, whatever others did before', async () => {
  await fc.assert(
    fc.asyncProperty(
      commits,
      commits,
      fc.array(meddling, { maxLength: 4 }),
      async (first, second, acts) => {
        await inScratch(async (world) => {
          await world.apply(first)
          for (const act of acts) await meddle(world, first, act)
          const { failures, held } = await world.apply(second)
          expect({ failures, held }).toEqual({ failures: [], held: [] })
          expect(isEmptyPlan((await world.plan(second)).plan)).toBe(true)
          expect(await owned(world)).toEqual(essence(second))
        })
      },
    ),
    runs,
  )
})

it('does not depend on the order of the input', async () => {
  await fc.assert(
    fc.asyncProperty(commits, commits, fc.nat(), async (first, second, turn) => {
      await inScratch(async (world) => {
        await world.apply(first)
        const at = turn % Math.max(1, second.length)
        const turned = [...second.slice(at), ...second.slice(0, at)].reverse()
        const [a, b] = [await world.plan(second), await world.plan(turned)]
        expect(b.plan).toEqual(a.plan)
      })
    }),
    runs,
  )
})

it('orphans nothing and loses nothing when it stops at any write, before or after it happened', async () => {
  await fc.assert(
    fc.asyncProperty(
      commits,
      commits,
      fc.boolean(),
      fc.boolean(),
      async (first, second, isDone, isOnce) => {
        for (let failAt = 0; ; failAt++) {
          let hasFailed = false
          await inScratch(async (world) => {
            await world.apply(first)
            const faulty = new FaultyCluster(world.cluster, { failAt, isDone, isOnce })
            await world.apply(second, {}, faulty).catch(() => undefined)
            hasFailed = faulty.writes > failAt
            // Every object of ours is in the inventory, whatever happened.
            const tracked = new Set((await world.store().load()).entries.keys())
            expect((await ownedKeys(world)).filter((key) => !tracked.has(key))).toEqual([])
            // And the next pass, with nothing left over from this one, converges.
            await world.apply(second)
            expect(await owned(world)).toEqual(essence(second))
            expect(isEmptyPlan((await world.plan(second)).plan)).toBe(true)
          })
          if (!hasFailed) break
        }
      },
    ),
    { numRuns: 8 },
  )
}, 60_000)

it('converges whatever others do between any two of its calls, and takes nothing that another repository has', async () => {
  const acts = fc.array(fc.tuple(fc.nat(30), meddling), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(commits, commits, commits, acts, async (first, second, rivals, meddlings) => {
      await using scratch = await openScratchCluster()
      const cluster = new RecordingCluster(scratch.cluster)
      const world = new PlanWorld(cluster)
      await world.apply(first)
      const stale = await world.view()
      // Another repository takes what is nobody's, after we last looked.
      const theirs = new PlanWorld(scratch.cluster, 'theirs')
      await theirs.apply(rivals.filter(({ kind }) => kind !== 'Namespace'))
      const before = await ownedObjects(theirs)
      const taken = new Set(before.map((object) => toObjectKey(idOf(object))))
      const ours = second.filter((object) => !taken.has(toObjectKey(idOf(object))))
      const prey = ours.filter(({ kind }) => kind !== 'Namespace')
      let calls = 0
      cluster.before = async () => {
        const now = calls++
        for (const [at, act] of meddlings)
          if (at === now) await meddle(new PlanWorld(scratch.cluster), prey, act)
      }
      const { plan } = await world.plan(second, {}, cluster, stale)
      await world.carryOut(plan)
      cluster.before = async () => undefined
      await world.apply(second)
      const now = await owned(world)
      expect(now).toEqual(expect.arrayContaining([...essence(ours)]))
      // While something of the commit is another's, nothing of ours is taken away.
      if (ours.length === second.length) expect(now).toEqual(essence(second))
      expect(await ownedObjects(theirs)).toEqual(before)
    }),
    runs,
  )
})
