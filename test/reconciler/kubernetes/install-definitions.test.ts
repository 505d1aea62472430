/** What installing our kinds does in a cluster that does not let it, or has them from elsewhere. */
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import { installDefinitions } from '../../../src/reconciler/kubernetes/install-definitions.ts'
import { customResourceDefinitions } from '../../../src/render/kubernetes/crds/custom-resource-definitions.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

const DEFINITION = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
}
const NEVER = new AbortController().signal

async function aWorld() {
  const cluster = await anEmbeddedCluster()
  const log = new RecordingLogger()
  const clock = new FakeClock()
  return { cluster, log, clock }
}

it('defines every kind, and nothing is written the second time', async () => {
  const world = await aWorld()
  await installDefinitions(world, NEVER)
  const first = (await world.cluster.list(DEFINITION)).items
  expect(first.map(({ metadata }) => metadata.name).sort()).toEqual(
    customResourceDefinitions()
      .map(({ metadata }) => metadata.name)
      .sort(),
  )
  await installDefinitions(world, NEVER)
  expect((await world.cluster.list(DEFINITION)).items).toEqual(first)
  expect(world.log.lines).toEqual([])
})

it('leaves a definition from elsewhere as it is, and says that it uses it', async () => {
  const world = await aWorld()
  const [ours] = customResourceDefinitions()
  const name = ours?.metadata.name ?? ''
  const theirs = { ...ours, metadata: { name, labels: { app: 'smi' } } } as KubernetesObject
  const created = await world.cluster.create(theirs, { fieldManager: 'helm' })
  await installDefinitions(world, NEVER)
  expect(await world.cluster.get({ ...DEFINITION, namespace: '', name })).toEqual(created)
  expect(world.log.sentences).toEqual(['a kind is defined by somebody else, and used as it is'])
})

it('says which kinds it may not define, and goes on', async () => {
  const world = await aWorld()
  world.cluster.apply = async () => {
    throw new ClusterError('Forbidden', 'plumbline cannot patch customresourcedefinitions')
  }
  await installDefinitions(world, NEVER)
  expect(world.log.lines.length).toBe(customResourceDefinitions().length)
  expect(world.log.lines[0]).toMatchObject({
    level: 'warn',
    sentence: 'a kind cannot be defined here; an administrator has to',
    fields: { error: 'plumbline cannot patch customresourcedefinitions' },
  })
})

it('waits until every kind is served, but not for ever', async () => {
  const world = await aWorld()
  const { cluster, clock, log } = world
  const get = cluster.get.bind(cluster)
  let isServed = false
  cluster.get = async (id) => {
    if (id.kind === 'Retry' && !isServed)
      throw new ClusterError('KindNotServed', 'the server does not serve Retry')
    return await get(id)
  }
  let isDone = false
  const installed = installDefinitions(world, NEVER).then(() => {
    isDone = true
  })
  while (clock.sleeping === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  await clock.advance(1_000)
  expect(isDone).toBe(false)
  isServed = true
  while (!isDone) await clock.advance(100)
  await installed
  expect(log.lines).toEqual([])

  isServed = false
  const again = installDefinitions(world, NEVER)
  while (clock.sleeping === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  await clock.advance(40_000)
  await again
  expect(log.lines).toMatchObject([
    { level: 'warn', sentence: 'a kind is not served, and objects of it will have to wait' },
  ])
})

it('throws what the cluster says beside that', async () => {
  const world = await aWorld()
  world.cluster.apply = async () => {
    throw new ClusterError('Unavailable', 'the connection was lost')
  }
  await expect(installDefinitions(world, NEVER)).rejects.toThrow('the connection was lost')
})
