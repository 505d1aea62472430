/** Plan and apply on a real API server: what kubectl makes of our sets, and what a namespace keeps when it leaves the mesh. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SystemClock } from '../../src/cli/system-clock.ts'
import { SystemEntropy } from '../../src/cli/system-entropy.ts'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import {
  type KubernetesCluster,
  openKubernetesCluster,
} from '../../src/reconciler/cluster-kubernetes.ts'
import { asMember, toApplySet } from '../../src/reconciler/inventory/apply-set.ts'
import { inventoryHeadId } from '../../src/reconciler/inventory/inventory-store.ts'
import { installDefinitions } from '../../src/reconciler/kubernetes/install-definitions.ts'
import { idOf } from '../support/cluster-objects.ts'
import { PlanWorld } from '../support/plan-world.ts'
import { anEnrolledNamespace, aRouteGroup, aTrafficTarget } from '../support/policy-objects.ts'
import { RecordingCluster } from '../support/recording-cluster.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { kubeTrouble } from './kube/kube-trouble.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
/** PlanWorld keeps its inventories there. */
const CONTROL = 'default'

const trouble = await kubeTrouble()
const clock = new SystemClock()
const log = new RecordingLogger()
let kube: KubeControlPlane
let connection: KubernetesCluster
let cluster: RecordingCluster

const kubectl = async (...args: readonly string[]) => await kube.kubectl(args)

/** A repository of its own, whose objects are all in the namespace of its name. */
function aRepository(name: string): {
  readonly world: PlanWorld
  readonly namespace: KubernetesObject
  readonly grant: (name: string, sources?: readonly string[]) => KubernetesObject
  readonly routes: KubernetesObject
  readonly selector: string
} {
  const set = toApplySet(inventoryHeadId(CONTROL, name))
  const place = { namespace: name }
  return {
    world: new PlanWorld(cluster, name),
    namespace: anEnrolledNamespace(name),
    grant: (grant, sources) => asMember(aTrafficTarget(grant, sources, place), set),
    routes: asMember(aRouteGroup('routes', '/.*', place), set),
    selector: `applyset.kubernetes.io/part-of=${set.id}`,
  }
}

async function names(...args: readonly string[]): Promise<readonly string[]> {
  const lines = await kubectl('get', '-o', 'name', ...args)
  return lines.split('\n').filter((line) => line !== '')
}

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  const shell = { clock, entropy: new SystemEntropy(), log, kubeconfig: kube.kubeconfig }
  connection = await openKubernetesCluster(shell)
  cluster = new RecordingCluster(connection)
  await installDefinitions({ cluster, clock, log }, AbortSignal.timeout(60_000))
}, BUILD_LIMIT_MS)

afterAll(async () => {
  connection?.close()
  await kube?.stop()
})

describe.skipIf(trouble)('on a real API server', () => {
  it('shows kubectl exactly the set, and no namespace in it', async () => {
    const { world, namespace, grant, routes, selector } = aRepository('shown')
    await world.apply([namespace, grant('buy'), grant('sell'), routes])
    const other = aRepository('another')
    await other.world.apply([other.namespace, other.grant('buy')])
    const kinds = 'traffictargets,httproutegroups,namespaces,configmaps'
    expect(await names(kinds, '-A', '-l', selector)).toEqual([
      'traffictarget.access.smi-spec.io/buy',
      'traffictarget.access.smi-spec.io/sell',
      'httproutegroup.specs.smi-spec.io/routes',
    ])
    await world.apply([namespace, grant('buy'), routes])
    expect(await names('traffictargets', '-A', '-l', selector)).toEqual([
      'traffictarget.access.smi-spec.io/buy',
    ])
  })

  it('has kubectl refuse to apply or prune in a set of ours, because of whose tool it is', async () => {
    const { world, namespace, grant } = aRepository('guarded')
    await world.apply([namespace, grant('buy')])
    const prune = ['apply', '--prune', '--applyset=configmaps/plumbline-inventory-guarded']
    const mine = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mine', namespace: CONTROL },
    })
    // The gate of the alpha feature is an environment variable of kubectl.
    const environment = { KUBECTL_APPLYSET: 'true' }
    const args = [...prune, '--server-side', '-n', CONTROL, '-f', '-']
    const { status, stderr } = await kube.tryKubectl(args, mine, environment)
    expect(status).not.toBe(0)
    expect(stderr).toContain('is managed by tooling "plumbline" instead of "kubectl"')
    expect(await names('traffictargets', '-n', 'guarded')).toHaveLength(1)
    expect(await names('namespaces', 'guarded')).toHaveLength(1)
  })

  it('takes back from a namespace exactly what it set, whoever else set what', async () => {
    const { world, namespace, grant } = aRepository('shared')
    await kubectl('create', 'namespace', 'shared')
    await kubectl('label', 'namespace', 'shared', 'team=books', 'openservicemesh.io/other=x')
    await kubectl('annotate', 'namespace', 'shared', 'owner=books@example.com')
    const before = await cluster.get(idOf(namespace))
    await world.apply([namespace, grant('buy')])
    const enrolled = await cluster.get(idOf(namespace))
    expect(enrolled?.metadata.labels).toMatchObject({ 'openservicemesh.io/monitored-by': 'osm' })
    await kubectl('label', 'namespace', 'shared', 'later=yes')
    await world.apply([grant('buy')])
    const left = await cluster.get(idOf(namespace))
    expect(left?.metadata.uid).toBe(before?.metadata.uid)
    expect(left?.metadata.labels).toEqual({ ...before?.metadata.labels, later: 'yes' })
    expect(left?.metadata.annotations).toEqual(before?.metadata.annotations)
    expect(left?.metadata.managedFields?.map(({ manager }) => manager)).not.toContain('plumbline')
    expect(await names('traffictargets', '-n', 'shared')).toHaveLength(1)
  })

  it('costs one dry run and one apply for an object that is new or changed, and one delete for one that leaves', async () => {
    const { world, namespace, grant, routes } = aRepository('counted')
    await world.apply([namespace, grant('changed'), grant('leaves'), grant('same')])
    const commit = [namespace, grant('changed', ['bookthief']), grant('same'), routes]
    const view = await world.view(commit)
    cluster.calls = []
    const { plan } = await world.plan(commit, {}, cluster, view)
    await world.carryOut(plan)
    expect(cluster.calls.filter((call) => !call.includes('ConfigMap')).sort()).toEqual([
      'apply HTTPRouteGroup counted/routes',
      'apply TrafficTarget counted/changed',
      'delete TrafficTarget counted/leaves',
      'dry run HTTPRouteGroup counted/routes',
      'dry run TrafficTarget counted/changed',
    ])
  })

  it('judges anew what kubectl changed between the plan and the write, and never writes over it unseen', async () => {
    const { world, namespace, grant } = aRepository('raced')
    await world.apply([namespace, grant('edited'), grant('deleted'), grant('leaves')])
    const commit = [namespace, grant('edited', ['x']), grant('deleted', ['x']), grant('appears')]
    const { plan } = await world.plan(commit)
    const rival = aRepository('rival')
    await kubectl('label', 'traffictargets', '-n', 'raced', 'edited', 'leaves', 'seen=no')
    await kubectl('delete', 'traffictarget', '-n', 'raced', 'deleted')
    await rival.world.apply([grant('appears', ['theirs'])])
    const { failures, held } = await world.carryOut(plan)
    expect(failures).toMatchObject([
      { id: { name: 'appears' }, message: expect.stringContaining('the repository rival') },
    ])
    expect(held.map(({ name }) => name)).toEqual(['leaves'])
    const { items } = await cluster.list(idOf(grant('any')), { namespace: 'raced' })
    const sources = items.map(({ metadata, spec }) => [
      metadata.name,
      (spec as { sources: { name: string }[] }).sources.map(({ name }) => name).join(),
    ])
    expect(Object.fromEntries(sources)).toEqual({
      edited: 'x',
      deleted: 'x',
      appears: 'theirs',
      leaves: 'bookbuyer',
    })
    expect((await world.apply([namespace])).failures).toEqual([])
    expect(await names('traffictargets', '-n', 'raced')).toEqual([
      'traffictarget.access.smi-spec.io/appears',
    ])
  })

  it('moves an object from one repository to another without ever deleting it', async () => {
    const [from, to] = [aRepository('from'), aRepository('to')]
    await from.world.apply([from.namespace, from.grant('moved'), from.grant('stays')])
    const { uid } = (await cluster.get(idOf(from.grant('moved'))))?.metadata ?? {}
    const moved = asMember(
      aTrafficTarget('moved', undefined, { namespace: 'from' }),
      toApplySet(inventoryHeadId(CONTROL, 'to')),
    )
    const ownership = {
      claim: () => 'unwanted' as const,
      claimant: (id: { name: string }, except: string) =>
        id.name === 'moved' && except === 'from' ? 'to' : undefined,
    }
    await from.world.apply([from.namespace, from.grant('stays')], { ownership })
    await to.world.apply([moved], { ownership })
    expect((await cluster.get(idOf(moved)))?.metadata).toMatchObject({
      uid,
      labels: { 'plumbline.dev/repository': 'to' },
    })
    expect(await names('traffictargets', '-A', '-l', from.selector)).toEqual([
      'traffictarget.access.smi-spec.io/stays',
    ])
    expect(await names('traffictargets', '-A', '-l', to.selector)).toEqual([
      'traffictarget.access.smi-spec.io/moved',
    ])
  })

  it('tracks an object that a finalizer keeps, until it is gone', async () => {
    const { world, namespace, grant } = aRepository('held')
    await world.apply([namespace, grant('buy')])
    const hold = '{"metadata":{"finalizers":["example.com/hold"]}}'
    await kubectl('patch', 'traffictarget', '-n', 'held', 'buy', '--type=merge', '-p', hold)
    for (const _pass of ['the one that deletes', 'the one after']) {
      const { deleting, inventory } = await world.apply([namespace])
      expect(deleting).toMatchObject([{ reason: expect.stringContaining('example.com/hold') }])
      expect(inventory.entries.size).toBe(2)
    }
    const release = '{"metadata":{"finalizers":null}}'
    await kubectl('patch', 'traffictarget', '-n', 'held', 'buy', '--type=merge', '-p', release)
    const { deleting, inventory } = await world.apply([namespace])
    expect([deleting, inventory.entries.size]).toEqual([[], 1])
  })
})
