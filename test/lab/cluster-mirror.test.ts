import { beforeEach, describe, expect, it, vi } from 'vitest'
import { announce } from '../../src/lab/announce.ts'
import { ClusterMirror, MIRRORED_KINDS } from '../../src/lab/cluster-mirror.ts'
import { toNamespaceObject } from '../../src/lab/cluster-objects.ts'
import type { PodState } from '../../src/lab/pod-state.ts'
import { chooseSidecars } from '../../src/lab/sidecar-choices.ts'
import { ClusterError } from '../../src/reconciler/cluster.ts'
import type { EmbeddedCluster } from '../../src/reconciler/embedded/embedded-cluster.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { aPodState, aWorkloadPod, aWorkloadService } from './workload-builders.ts'

const [ACCOUNT, SERVICE, POD, SLICE] = MIRRORED_KINDS
const asTest = { fieldManager: 'test', force: false, dryRun: false }
const workloads = {
  accounts: [{ namespace: 'shop', name: 'shop' }],
  services: [aWorkloadService('front')],
  pods: [],
  notes: [],
}
const clusterIps = new Map([['shop/front', '198.19.1.1']])

let cluster: EmbeddedCluster
let mirror: ClusterMirror

beforeEach(async () => {
  cluster = await anEmbeddedCluster()
  await cluster.apply(toNamespaceObject('shop'), asTest)
  mirror = new ClusterMirror(cluster)
})

function tell(...pods: readonly PodState[]) {
  return announce(mirror, { workloads, clusterIps, pods })
}

async function versions(): Promise<readonly (string | undefined)[]> {
  const lists = await Promise.all(MIRRORED_KINDS.map((kind) => cluster.list(kind)))
  return lists.flatMap((list) => list.items.map((object) => object.metadata.resourceVersion))
}

const names = async (kind: (typeof MIRRORED_KINDS)[number]) =>
  (await cluster.list(kind)).items.map((object) => object.metadata.name)

describe('announcing', () => {
  it('puts accounts, services, pods with their status, and slices that name the pods’ uids', async () => {
    await tell(aPodState('front-0', { proxyUid: 'abc' }))
    expect(await names(ACCOUNT)).toEqual(['shop'])
    expect(await names(SERVICE)).toEqual(['front'])
    const [pod] = (await cluster.list(POD)).items
    expect(pod).toMatchObject({
      metadata: { name: 'front-0', labels: { 'osm-proxy-uuid': 'abc' } },
      status: { podIP: '198.18.0.2', conditions: [{ type: 'Ready', status: 'True' }] },
    })
    const [slice] = (await cluster.list(SLICE)).items
    expect(slice).toMatchObject({
      endpoints: [{ targetRef: { name: 'front-0', uid: pod?.metadata.uid } }],
    })
  })

  it('writes nothing when nothing changed', async () => {
    await tell(aPodState('front-0'))
    const before = await versions()
    const apply = vi.spyOn(cluster, 'apply')
    await tell(aPodState('front-0'))
    expect(apply).not.toHaveBeenCalled()
    expect(await versions()).toEqual(before)
  })

  it('writes the pod and its slice when the pod turns ready', async () => {
    await tell(aPodState('front-0', { ready: false }))
    await tell(aPodState('front-0'))
    expect((await cluster.list(POD)).items[0]?.['status']).toMatchObject({
      conditions: [{ type: 'Ready', status: 'True' }],
    })
    expect((await cluster.list(SLICE)).items[0]).toMatchObject({
      endpoints: [{ conditions: { ready: true } }],
    })
  })

  it('writes again what it could not write', async () => {
    vi.spyOn(cluster, 'update').mockRejectedValueOnce(new ClusterError('Unavailable', 'away'))
    await expect(tell(aPodState('front-0'))).rejects.toThrow('away')
    await tell(aPodState('front-0'))
    expect((await cluster.list(POD)).items[0]?.['status']).toMatchObject({ phase: 'Running' })
  })
})

describe('sweeping', () => {
  it('clears away what an earlier lab left, and spares what is not a lab’s', async () => {
    await tell(aPodState('front-0'), aPodState('front-1'))
    const foreign = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: 'shop', name: 'hers' },
    }
    await cluster.apply(foreign, asTest)
    const next = new ClusterMirror(cluster)
    const keep = await announce(next, { workloads, clusterIps, pods: [aPodState('front-1')] })
    await next.sweep(keep)
    expect(await names(POD)).toEqual(['front-1'])
    expect((await names(ACCOUNT)).toSorted()).toEqual(['hers', 'shop'])
  })
})

describe('watching', () => {
  const clock = new FakeClock()

  async function watching(kind: (typeof MIRRORED_KINDS)[number]) {
    const end = new AbortController()
    const lost = vi.fn()
    const log = new RecordingLogger()
    const over = mirror.watch(kind, { lost, clock, log, signal: end.signal })
    await clock.advance(0)
    const stop = async () => {
      end.abort()
      await over
    }
    return { lost, log, stop }
  }

  it('notices a pod that somebody deletes, and announces it anew', async () => {
    await tell(aPodState('front-0'))
    const { lost, stop } = await watching(POD)
    await cluster.delete({ ...POD, namespace: 'shop', name: 'front-0' })
    await vi.waitFor(() => expect(lost).toHaveBeenCalled(), { timeout: 10_000 })
    await tell(aPodState('front-0'))
    expect(await names(POD)).toEqual(['front-0'])
    await stop()
  })

  it('notices after an outage what went missing during it', async () => {
    await tell(aPodState('front-0'))
    vi.spyOn(cluster, 'list').mockRejectedValueOnce(new ClusterError('Unavailable', 'away'))
    const { lost, stop, log } = await watching(POD)
    expect(log.sentences).toEqual(['debug: watch ended'])
    await cluster.delete({ ...POD, namespace: 'shop', name: 'front-0' })
    expect(lost).not.toHaveBeenCalled()
    await clock.advance(1000)
    await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce(), { timeout: 10_000 })
    await stop()
  })
})

describe('chooseSidecars', () => {
  const enrolled = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: 'street',
      labels: { 'openservicemesh.io/monitored-by': 'plumbline' },
      annotations: { 'openservicemesh.io/sidecar-injection': 'enabled' },
    },
  }
  const choose = (annotations: Record<string, string> = {}) =>
    chooseSidecars({
      cluster,
      controlNamespace: 'plumbline-system',
      workloads: {
        ...workloads,
        pods: [
          aWorkloadPod('front-0'),
          aWorkloadPod('buyer-0', { namespace: 'street', annotations }),
          aWorkloadPod('lost-0', { namespace: 'nowhere' }),
        ],
      },
    })

  it('gives pods of enrolled namespaces a sidecar, with the mesh’s own exclusions', async () => {
    await cluster.apply(enrolled, asTest)
    await cluster.apply(toNamespaceObject('plumbline-system'), asTest)
    await cluster.apply(
      {
        apiVersion: 'config.openservicemesh.io/v1alpha2',
        kind: 'MeshConfig',
        metadata: { namespace: 'plumbline-system', name: 'mesh' },
        spec: { traffic: { outboundPortExclusionList: [3306] } },
      },
      asTest,
    )
    const choices = await choose({ 'openservicemesh.io/inbound-port-exclusion-list': '9090' })
    expect(choices.get('street/buyer-0')).toEqual({
      type: 'inject',
      interception: {
        inboundPortExclusions: [9090],
        outboundPortExclusions: [3306],
        outboundIpRangeExclusions: [],
        outboundIpRangeInclusions: [],
        networkInterfaceExclusions: [],
      },
    })
    expect(choices.get('shop/front-0')?.type).toBe('skip')
  })

  it('makes a namespace that the policy does not speak of, unenrolled', async () => {
    await cluster.apply(enrolled, asTest)
    expect((await choose()).get('nowhere/lost-0')?.type).toBe('skip')
    const made = await cluster.get({
      group: '',
      version: 'v1',
      kind: 'Namespace',
      namespace: '',
      name: 'nowhere',
    })
    expect(made?.metadata.labels ?? {}).toEqual({})
  })
})
