/** The cluster port on a real kube-apiserver: the contract, the kinds we install, and what kubectl makes of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SystemClock } from '../../src/cli/system-clock.ts'
import { SystemEntropy } from '../../src/cli/system-entropy.ts'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { toObjectId } from '../../src/model/object-id.ts'
import {
  type KubernetesCluster,
  openKubernetesCluster,
} from '../../src/reconciler/cluster-kubernetes.ts'
import { installDefinitions } from '../../src/reconciler/kubernetes/install-definitions.ts'
import { reflect } from '../../src/reconciler/reflect.ts'
import { customResourceDefinitions } from '../../src/render/kubernetes/crds/custom-resource-definitions.ts'
import { toDesiredObjects } from '../../src/render/kubernetes/to-desired-objects.ts'
import { clusterContract } from '../contract/cluster-contract.ts'
import {
  aConfigMap,
  aNamespace,
  aSplit,
  CONFIG_MAP,
  idOf,
  NAMESPACE,
  SPLIT,
} from '../support/cluster-objects.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { crashAtEveryWrite } from './kube/crash-at-every-write.ts'
import { exampleIntent } from './kube/example-intent.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { kubeTrouble } from './kube/kube-trouble.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
/** An API server is back after four seconds, or after twenty on a busy machine. */
const RESTART_LIMIT_MS = 60_000

const trouble = await kubeTrouble()
const shell = { clock: new SystemClock(), entropy: new SystemEntropy() }
const asGit = { fieldManager: 'git', force: false, dryRun: false }
const RETRIES = 'retries.policy.openservicemesh.io'
const log = new RecordingLogger()
let kube: KubeControlPlane
let cluster: KubernetesCluster

/** A definition as somebody else may have it: with a mark of theirs, and none of ours. */
function someoneElsesRetries(): KubernetesObject {
  const ours = customResourceDefinitions().find(({ metadata }) => metadata.name === RETRIES)
  return { ...ours, metadata: { name: RETRIES, labels: { from: 'elsewhere' } } } as KubernetesObject
}

async function open(): Promise<KubernetesCluster> {
  return await openKubernetesCluster({ ...shell, log, kubeconfig: kube.kubeconfig })
}

async function install(): Promise<void> {
  await installDefinitions({ cluster, clock: shell.clock, log }, AbortSignal.timeout(60_000))
}

const kubectl = async (...args: readonly string[]) => await kube.kubectl(args)

async function untilNothingTerminates(): Promise<void> {
  const isGoing = ({ metadata }: KubernetesObject) => metadata.deletionTimestamp !== undefined
  while ((await cluster.list(NAMESPACE)).items.some(isGoing)) await shell.clock.sleep(100)
}

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  cluster = await open()
  await cluster.apply(someoneElsesRetries(), { ...asGit, fieldManager: 'elsewhere' })
  await install()
}, BUILD_LIMIT_MS)

afterAll(async () => {
  cluster?.close()
  await kube?.stop()
})

let namespaces = 0

describe.skipIf(trouble)('on a real API server', () => {
  clusterContract(
    'Kubernetes',
    async () => {
      const namespace = `contract-${++namespaces}`
      await cluster.apply(aNamespace(namespace), asGit)
      return {
        cluster,
        namespace,
        outliveHistory: async () => {
          await cluster.apply(aConfigMap('filler', { a: '1' }, { namespace }), asGit)
          await kube.restartApiServer()
        },
        close: async () => {
          const { items } = await cluster.list(SPLIT)
          for (const split of items) await cluster.delete(idOf(split))
          await untilNothingTerminates()
        },
      }
    },
    {
      skip: [
        {
          name: 'keeps status apart from the rest of a kind that has it as a subresource',
          reason:
            'it sets a load balancer on a Service of type ClusterIP, which Kubernetes refuses; kept below with a kind of ours',
        },
      ],
    },
  )

  it('keeps status apart, too, of a kind of ours', async () => {
    const setting = {
      apiVersion: 'policy.openservicemesh.io/v1alpha1',
      kind: 'UpstreamTrafficSetting',
      metadata: { namespace: 'default', name: 'books' },
      spec: { host: 'books.default.svc.cluster.local' },
    }
    const created = await cluster.create(setting, { fieldManager: 'x' })
    const status = { currentStatus: 'committed' }
    const told = await cluster.update(
      { ...created, spec: { host: 'other' }, status },
      { fieldManager: 'x', subresource: 'status' },
    )
    expect(told).toMatchObject({ spec: setting.spec, status })
    const labelled = await cluster.update(
      { ...told, metadata: { ...told.metadata, labels: { a: 'b' } }, status: {} },
      { fieldManager: 'x' },
    )
    expect(labelled).toMatchObject({ metadata: { labels: { a: 'b' } }, status })
    await cluster.delete(toObjectId(created))
  })

  it('lists more objects than a page holds', async () => {
    await cluster.apply(aNamespace('pages'), asGit)
    const names = Array.from({ length: 501 }, (_, index) => `m-${String(index).padStart(3, '0')}`)
    await Promise.all(
      names.map((name) => cluster.apply(aConfigMap(name, {}, { namespace: 'pages' }), asGit)),
    )
    const { items } = await cluster.list(CONFIG_MAP, { namespace: 'pages' })
    expect(items.map(({ metadata }) => metadata.name)).toEqual(names)
  })

  it('keeps every field of every object that the example repository puts into a cluster', async () => {
    const desired = toDesiredObjects(await exampleIntent())
    expect(desired.length).toBeGreaterThan(10)
    for (const { id } of desired)
      if (id.namespace !== '') await cluster.apply(aNamespace(id.namespace), asGit)
    for (const { object } of desired) {
      const { metadata, ...stored } = await cluster.apply(object, asGit)
      const { metadata: wanted, ...body } = object
      expect(stored).toMatchObject(body)
      expect(metadata).toMatchObject(wanted)
    }
  })

  it('prints for kubectl what an operator looks for, and takes the old versions', async () => {
    await cluster.apply(aSplit('printed', { v1: 1 }), asGit)
    const [head, row] = (await kubectl('get', 'ts', 'printed')).split('\n')
    expect(head).toMatch(/^NAME +SERVICE +AGE$/)
    expect(row).toMatch(/^printed +bookstore +\d+s$/)
    const old = 'trafficsplits.v1alpha1.split.smi-spec.io'
    expect(await kubectl('get', old, 'printed', '-o', 'jsonpath={.apiVersion}')).toBe(
      'split.smi-spec.io/v1alpha1',
    )
    expect(await kubectl('explain', 'traffictarget.spec.destination')).toContain('name\t<string>')
  })

  it('says which field its definition does not have, where it would be dropped in silence', async () => {
    const split = aSplit('odd', { v1: 1 })
    const odd = { ...split, spec: { ...(split['spec'] as object), wieght: 3 } }
    const refused = await cluster.apply(odd, asGit).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'Invalid' })
    expect(String(refused)).toContain('.spec.wieght')
  })

  it('uses a kind that somebody else defined, and does not touch its definition', async () => {
    const live = await cluster.get(toObjectId(someoneElsesRetries()))
    expect(live?.metadata.labels).toEqual({ from: 'elsewhere' })
    expect(live?.metadata.managedFields?.map(({ manager }) => manager)).not.toContain(
      'plumbline-definitions',
    )
    expect(log.lines).toContainEqual({
      level: 'info',
      sentence: 'a kind is defined by somebody else, and used as it is',
      fields: { definition: RETRIES },
    })
  })

  it('installs once: a second time writes nothing', async () => {
    const definitions = { group: 'apiextensions.k8s.io', version: 'v1' }
    const kind = { ...definitions, kind: 'CustomResourceDefinition' }
    const versions = async () =>
      (await cluster.list(kind)).items.map(({ metadata }) => metadata.resourceVersion)
    const before = await versions()
    await install()
    expect(await versions()).toEqual(before)
    expect(before).toHaveLength(customResourceDefinitions().length)
  })

  it(
    'follows a kind through a restart of the API server, and has what is there',
    async () => {
      const seen = new Set<string>()
      const stop = new AbortController()
      const following = reflect(
        {
          ...{ ...shell, cluster, kind: SPLIT, log },
          onList: (items) => {
            seen.clear()
            for (const { metadata } of items) seen.add(metadata.name)
          },
          onEvent: ({ type, object: { metadata } }) =>
            type === 'deleted' ? seen.delete(metadata.name) : seen.add(metadata.name),
        },
        stop.signal,
      )
      await cluster.apply(aSplit('before', {}), asGit)
      while (!seen.has('before')) await shell.clock.sleep(20)
      const restarted = kube.restartApiServer()
      expect(
        await cluster.get(idOf(aSplit('before'))).catch((error: unknown) => error),
      ).toMatchObject({
        code: 'Unavailable',
      })
      await restarted
      await cluster.delete(idOf(aSplit('before')))
      await cluster.apply(aSplit('after', {}), asGit)
      while (!seen.has('after')) await shell.clock.sleep(20)
      const { items } = await cluster.list(SPLIT)
      expect([...seen].sort()).toEqual(items.map(({ metadata }) => metadata.name).sort())
      expect(seen).not.toContain('before')
      stop.abort()
      await following
    },
    RESTART_LIMIT_MS,
  )

  it('says that a kind is gone, and follows it again once it is back', async () => {
    const telemetries = customResourceDefinitions().find(
      ({ metadata }) => metadata.name === 'telemetries.policy.openservicemesh.io',
    )
    const kind = { group: 'policy.openservicemesh.io', version: 'v1alpha1', kind: 'Telemetry' }
    const telemetry = {
      apiVersion: 'policy.openservicemesh.io/v1alpha1',
      kind: 'Telemetry',
      metadata: { namespace: 'default', name: 't' },
      spec: {},
    }
    const seen: string[] = []
    const failures: unknown[] = []
    const stop = new AbortController()
    const following = reflect(
      {
        ...{ ...shell, cluster, kind, log },
        onList: (items) => seen.push(...items.map(({ metadata }) => metadata.name)),
        onEvent: ({ type, object }) => seen.push(`${type} ${object.metadata.name}`),
        onFailure: (error) => failures.push((error as { readonly code?: string }).code),
      },
      stop.signal,
    )
    await kubectl('delete', 'crd', 'telemetries.policy.openservicemesh.io')
    while (!failures.includes('KindNotServed')) await shell.clock.sleep(20)
    expect(await cluster.get(toObjectId(telemetry)).catch((error: unknown) => error)).toMatchObject(
      {
        code: 'KindNotServed',
      },
    )
    await cluster.apply(telemetries as KubernetesObject, asGit)
    await install()
    await cluster.apply(telemetry, asGit)
    while (seen.length === 0) await shell.clock.sleep(20)
    expect(seen).toHaveLength(1)
    stop.abort()
    await following
  })

  it('converges after a crash before and after every single write, with nothing orphaned', async () => {
    const rounds = await crashAtEveryWrite(cluster)
    for (const { after, owned } of rounds)
      expect([after, owned]).toEqual(['synced', ['a', 'bookbuyer', 'kept']])
    // The inventory before and after, and three objects, each with a crash on either side, and the pass that was whole.
    expect(rounds.length).toBeGreaterThanOrEqual(12)
    expect(rounds.filter(({ through }) => through === 'synced').length).toBeLessThan(3)
  }, 60_000)
})
