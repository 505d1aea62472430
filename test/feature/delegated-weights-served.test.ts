/** What proxies are told of weights that a controller sets in the cluster, from the watch to the route. */
import { expect, it, onTestFinished } from 'vitest'
import { LiveWeights } from '../../src/cli/run/serving/live-weights.ts'
import { MeshSource, type MeshSourceOptions } from '../../src/cli/run/serving/mesh-source.ts'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import type { ObjectId } from '../../src/model/object-id.ts'
import { toAccountKey } from '../../src/model/service-account.ts'
import type { ViewResources } from '../../src/render/envoy/envoy-resource.ts'
import { toJsonObjects } from '../../src/render/envoy/to-static-config.ts'
import { bookstoreInventory } from '../support/bookstore.ts'
import {
  afterRestart,
  aReconcilerWorld,
  type ReconcilerWorld,
} from '../support/reconciler-world.ts'
import { TRUST_DOMAIN } from '../support/rendered-mesh.ts'

const SPLIT: ObjectId = {
  ...{ group: 'split.smi-spec.io', version: 'v1alpha4', kind: 'TrafficSplit' },
  ...{ namespace: 'bookstore', name: 'bookstore' },
}

const namespace = (name: string) => `
apiVersion: v1
kind: Namespace
metadata: { name: ${name}, labels: { openservicemesh.io/monitored-by: osm } }
`

const grant = (to: string) => `
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: ${to}, namespace: bookstore }
spec:
  destination: { kind: ServiceAccount, name: ${to}, namespace: bookstore }
  rules: [{ kind: HTTPRouteGroup, name: routes, matches: [all] }]
  sources: [{ kind: ServiceAccount, name: bookbuyer, namespace: bookbuyer }]
`

const FILES = {
  'namespaces.yaml': ['bookbuyer', 'bookstore', 'bookwarehouse'].map(namespace).join('---'),
  'grants.yaml': ['bookstore-v1', 'bookstore-v2'].map(grant).join('---'),
  'routes.yaml': `
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: routes, namespace: bookstore }
spec: { matches: [{ name: all, methods: [GET], pathRegex: '/.*' }] }
`,
  'split.yaml': `
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata:
  name: bookstore
  namespace: bookstore
  annotations:
    plumbline.dev/delegate-weights: flagger
    plumbline.dev/weight-bounds: bookstore-v2=0..50
spec:
  service: bookstore
  backends:
    - { service: bookstore-v1, weight: 90 }
    - { service: bookstore-v2, weight: 10 }
`,
}

interface Served {
  readonly mesh: MeshSource
  /** Commits that were published, and `again` for every other publication. */
  readonly told: string[]
}

/** What a control plane puts between the reconciler and its xDS server. */
function serve(world: ReconcilerWorld): Served {
  const { live, clock, log } = world
  const told: string[] = []
  const weights = new LiveWeights({ live, clock, log })
  onTestFinished(() => weights.close())
  const mesh = new MeshSource({
    ...{ trustDomain: TRUST_DOMAIN, trustBundlePem: () => 'root', weights },
    svids: {} as MeshSourceOptions['svids'],
    publish: () => told.push('commit'),
    republish: () => told.push('again'),
  })
  mesh.setRepositories(new Set(['policies']))
  mesh.setInventory(bookstoreInventory())
  world.onServed = () => {
    if (world.intent !== undefined) mesh.setIntent('policies', world.intent)
  }
  return { mesh, told }
}

/** What the sidecar of the account's pod is told. */
function resourcesOf({ mesh }: Served, account: string): ViewResources {
  const pod = [...bookstoreInventory().pods.values()].find(
    (one) => toAccountKey(one.account) === account,
  )
  if (pod?.proxyUid === undefined) throw new Error(`no pod of ${account} has a sidecar`)
  const admission = mesh.admit({ proxyUid: pod.proxyUid, account: pod.account } as never)
  if (admission.type !== 'admitted') throw new Error(admission.reason)
  return mesh.resources(admission.view)
}

/** The shares of the route to the split's root, as the client's sidecar has them. */
function shares(served: Served): readonly string[] {
  const { route } = resourcesOf(served, 'bookbuyer/bookbuyer')
  const text = JSON.stringify(toJsonObjects('route', route.values()))
  const both = /\{"clusters":\[[^\]]*bookstore-v1[^\]]*bookstore-v2[^\]]*\]/.exec(text)?.[0] ?? ''
  return [...both.matchAll(/(bookstore-v\d)[^}]*?"weight":(\d+)/g)].map(
    ([, service, weight]) => `${service} ${weight}`,
  )
}

async function setWeights(world: ReconcilerWorld, manager: string, v1: number, v2: number) {
  const live = (await world.cluster.get(SPLIT)) as KubernetesObject
  const backends = [
    { service: 'bookstore-v1', weight: v1 },
    { service: 'bookstore-v2', weight: v2 },
  ]
  const spec = { ...(live['spec'] as object), backends }
  await world.cluster.update({ ...live, spec }, { fieldManager: manager })
}

/** Lets watches happen; the test's own time limit bounds what waits for more. */
async function settle(world: ReconcilerWorld): Promise<void> {
  for (let i = 0; i < 12; i++) {
    await world.clock.advance(5)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

async function aServedWorld(): Promise<{ world: ReconcilerWorld; served: Served }> {
  const world = await aReconcilerWorld()
  const served = serve(world)
  world.watchDrift()
  world.git.commit(FILES)
  await world.pass()
  await settle(world)
  return { world, served }
}

it('tells the clients of a split within its bounds, and nobody of anything else', async () => {
  const { world, served } = await aServedWorld()
  expect(shares(served)).toEqual(['bookstore-v1 90', 'bookstore-v2 10'])
  const before = resourcesOf(served, 'bookbuyer/bookbuyer')
  const warehouse = resourcesOf(served, 'bookwarehouse/bookwarehouse')
  served.told.length = 0
  await setWeights(world, 'flagger', 70, 30)
  await settle(world)
  expect(served.told).toEqual(['again'])
  expect(shares(served)).toEqual(['bookstore-v1 70', 'bookstore-v2 30'])
  const after = resourcesOf(served, 'bookbuyer/bookbuyer')
  expect(after.route).not.toBe(before.route)
  expect(after.listener).toBe(before.listener)
  expect(after.cluster).toBe(before.cluster)
  expect(resourcesOf(served, 'bookwarehouse/bookwarehouse')).toBe(warehouse)
})

it.each([
  ['the controller beyond its bounds', 'flagger', 40, 60],
  ['somebody else', 'kubectl-edit', 80, 20],
])('tells nobody of weights that were set by %s', async (_, manager, v1, v2) => {
  const { world, served } = await aServedWorld()
  const seen = new Set<string>()
  const republish = served.told.push.bind(served.told)
  served.told.push = (...lines) => {
    seen.add(shares(served).join())
    return republish(...lines)
  }
  await setWeights(world, manager, v1, v2)
  while (world.drift.length === 0) await settle(world)
  await settle(world)
  expect([...seen]).toEqual(['bookstore-v1 90,bookstore-v2 10'])
})

it('tells them from the first word on after a restart', async () => {
  const { world } = await aServedWorld()
  await setWeights(world, 'flagger', 60, 40)
  await settle(world)
  const restarted = afterRestart(world)
  const served = serve(restarted)
  const first: (readonly string[])[] = []
  const push = served.told.push.bind(served.told)
  served.told.push = (...lines) => {
    first.push(shares(served))
    return push(...lines)
  }
  await restarted.restore()
  await settle(restarted)
  expect(first[0]).toEqual(['bookstore-v1 60', 'bookstore-v2 40'])
})
