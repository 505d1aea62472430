/** MeshRepository on a real kube-apiserver: what it takes, what kubectl shows of it, and the status and Events we write. */
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
import { EventRecorder } from '../../src/reconciler/repositories/event-recorder.ts'
import { eventsBetween } from '../../src/reconciler/repositories/events-between.ts'
import { MESH_REPOSITORY } from '../../src/reconciler/repositories/mesh-repository-kind.ts'
import { MeshRepositoryWatch } from '../../src/reconciler/repositories/mesh-repository-watch.ts'
import { readMeshRepository } from '../../src/reconciler/repositories/read-mesh-repository.ts'
import type { RepositoryState } from '../../src/reconciler/repositories/repository-state.ts'
import { StatusWriter } from '../../src/reconciler/repositories/status-writer.ts'
import { toRepositoryStatus } from '../../src/reconciler/repositories/to-repository-status.ts'
import { aNamespace } from '../support/cluster-objects.ts'
import { aMeshRepository, CONTROL_NAMESPACE } from '../support/control-cluster.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { aDrift, anEnforcedState, aProblem, aState, sha } from '../support/repository-states.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { kubeTrouble } from './kube/kube-trouble.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
const KUBECTL_LIMIT_MS = 60_000
const EVENT = { group: '', version: 'v1', kind: 'Event' }
const MANAGER = { fieldManager: 'test' }
const A = 'a'.repeat(40)
const B = 'b'.repeat(40)

const trouble = await kubeTrouble()
const shell = { clock: new SystemClock(), entropy: new SystemEntropy() }
const log = new RecordingLogger()
const where = { namespace: CONTROL_NAMESPACE, log }
let kube: KubeControlPlane
let cluster: KubernetesCluster

const kubectl = async (...args: readonly string[]) =>
  await kube.kubectl(['-n', CONTROL_NAMESPACE, ...args])

/** What kubectl says to a MeshRepository that is applied by it: on stderr when it is refused, and warnings. */
async function applied(
  spec: Readonly<Record<string, unknown>>,
  metadata: Partial<KubernetesObject['metadata']> = {},
): Promise<{ readonly status: number | null; readonly said: string }> {
  const object = aMeshRepository(spec, { name: 'tried', ...metadata })
  const args = ['apply', '--server-side', '--dry-run=server', '-f', '-']
  const { status, stderr } = await kube.tryKubectl(args, JSON.stringify(object))
  return { status, said: stderr.trim() }
}

async function aRepository(name: string): Promise<KubernetesObject> {
  return await cluster.create(aMeshRepository({}, { name }), MANAGER)
}

/** Writes the status as the control plane would, and resolves when it is stored. */
async function report(name: string, state: RepositoryState): Promise<void> {
  const writer = new StatusWriter({ cluster, ...shell, ...where })
  writer.write(name, (previous) => toRepositoryStatus(state, previous))
  await writer.close()
}

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  cluster = await openKubernetesCluster({ ...shell, log, kubeconfig: kube.kubeconfig })
  await cluster.create(aNamespace(CONTROL_NAMESPACE), MANAGER)
  await installDefinitions({ cluster, clock: shell.clock, log }, AbortSignal.timeout(60_000))
}, BUILD_LIMIT_MS)

afterAll(async () => {
  cluster?.close()
  await kube?.stop()
})

describe.skipIf(trouble)('the definition', { timeout: KUBECTL_LIMIT_MS }, () => {
  it('is established, and kubectl takes it without a warning', async () => {
    const name = 'meshrepositories.plumbline.dev'
    const crd = 'apiextensions.k8s.io/v1'
    const conditions = 'jsonpath={range .status.conditions[*]}{.type}={.status} {end}'
    const said = await kubectl('get', 'crd', name, '-o', conditions)
    // NonStructuralSchema and the like are conditions, too.
    expect(said.trim().split(' ').sort()).toEqual(['Established=True', 'NamesAccepted=True'])
    const live = await cluster.get({
      ...{ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' },
      ...{ namespace: '', name },
    })
    const { metadata, status, ...rest } = live ?? { metadata: { name }, apiVersion: crd, kind: '' }
    const bare = { ...rest, metadata: { name, labels: metadata.labels } }
    const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-']
    const answer = await kube.tryKubectl(args, JSON.stringify(bare))
    expect([answer.status, answer.stderr]).toEqual([0, ''])
  })

  it('is explained by kubectl, down to what the fields mean', async () => {
    // The API server publishes the schema of a new definition a moment after it serves the kind.
    const explain = async () => await kubectl('explain', 'meshrepository.spec.pin').catch(() => '')
    await expect.poll(explain, { timeout: 30_000 }).not.toBe('')
    const explained = await explain()
    expect(explained).toContain('A rollback: an older commit in place of the one that the ref')
    expect(explained).toMatch(/commit\s+<string> -required-/)
    expect(await kubectl('explain', 'mrepo.status.enforced')).toContain('ACKed of touched')
  })

  it('fills in what is read where nothing is written', async () => {
    const live = await aRepository('bare')
    expect(live['spec']).toEqual({
      url: 'https://git.example.com/mesh.git',
      ref: 'main',
      timeout: '60s',
      prune: { enabled: true, limit: { objects: 10, percent: 25 } },
      drift: { mode: 'correct' },
      suspend: false,
      createNamespaces: true,
    })
    expect(readMeshRepository(live)).toEqual(
      readMeshRepository(aMeshRepository({}, { name: 'bare' })),
    )
  })

  it('takes everything that is read', async () => {
    const { status, said } = await applied({
      ref: 'refs/heads/production',
      path: 'policies/prod',
      interval: '1h30m',
      timeout: '2m',
      secretRef: { name: 'git' },
      namespaces: ['bank', 'shop'],
      prune: { enabled: false, limit: { objects: 40, percent: 50 } },
      drift: { mode: 'report' },
      suspend: true,
      createNamespaces: false,
      serviceAccountName: 'policies',
      dependsOn: [{ name: 'roots' }],
      pin: { commit: A, insteadOf: B, reason: 'why', expiresAt: '2026-11-30T18:00:00Z' },
    })
    expect([status, said]).toEqual([0, ''])
    for (const url of ['http://127.0.0.1:8080/mesh.git', 'http://localhost/m', 'http://[::1]:1/m'])
      expect(await applied({ url })).toEqual({ status: 0, said: '' })
  })

  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ['no URL', { url: undefined }, 'spec.url: Required value'],
    [
      'SSH',
      { url: 'git@example.com:m.git' },
      'write the https:// address of the repository; http://',
    ],
    ['http from elsewhere', { url: 'http://git.example.com/m' }, 'write the https:// address'],
    [
      'http from a host that begins so',
      { url: 'http://localhost.example.com/m' },
      'write the https://',
    ],
    ['a password', { url: 'https://a:hunter2@b/m' }, 'leave out the user name and the password'],
    [
      'a ref that cannot be',
      { ref: 'a b' },
      'write a branch, a tag, a full name such as refs/heads',
    ],
    ['a path that climbs', { path: 'a/../b' }, 'name a folder from the root of the repository'],
    [
      'both',
      { interval: '1m', schedule: '@hourly' },
      'interval and schedule are both written; keep one',
    ],
    ['no span', { interval: 'often' }, 'write a span from 1s to 7d, such as 30s, 5m or 1h30m'],
    ['a short SHA', { pin: { commit: 'abc', insteadOf: B } }, 'write all 40 digits of a commit'],
    ['a pin over nothing', { pin: { commit: A } }, 'spec.pin.insteadOf: Required value'],
    [
      'a day',
      { pin: { commit: A, insteadOf: B, expiresAt: '2026-11-30' } },
      'must be of type date-time',
    ],
    ['itself', { dependsOn: [{ name: 'tried' }] }, 'spec.dependsOn names the repository itself'],
    [
      'one twice',
      { dependsOn: [{ name: 'a' }, { name: 'a' }] },
      'duplicate entries for key [name="a"]',
    ],
    ['no namespaces', { namespaces: [] }, 'spec.namespaces: Invalid value: 0'],
    ['no namespace', { namespaces: ['Shop'] }, 'write names of namespaces: lowercase letters'],
    ['another mode', { drift: { mode: 'off' } }, 'supported values: "correct", "report"'],
    ['too large a share', { prune: { limit: { percent: 101 } } }, 'spec.prune.limit.percent'],
    ['a user', { serviceAccountName: 'system:admin' }, 'write the name of a ServiceAccount'],
    [
      'an unknown field',
      { prune: { enable: true } },
      '.spec.prune.enable: field not declared in schema',
    ],
  ])('refuses %s, and says what to write', async (_what, spec, words) => {
    const { status, said } = await applied(spec)
    expect([status, said]).toEqual([1, expect.stringContaining(words) as string])
    // A rule that is too costly or fails to run says so, and not what to write.
    expect(said).not.toMatch(/failed rule|rule evaluation|cost budget/)
  })

  it('refuses a name too long for the label of its objects', async () => {
    const { said } = await applied({}, { name: 'a'.repeat(64) })
    expect(said).toContain('metadata.name is a label value of all its objects; use at most 63')
  })
})

describe.skipIf(trouble)('the status', { timeout: KUBECTL_LIMIT_MS }, () => {
  it('is what kubectl get prints', async () => {
    await aRepository('shown')
    await report('shown', anEnforcedState('a'))
    const [head = '', row = ''] = (await kubectl('get', 'mrepo', 'shown')).split('\n')
    expect(head.split(/ {2,}/)).toEqual(['NAME', 'READY', 'COMMIT', 'ENFORCED', 'STATUS', 'AGE'])
    expect(row.split(/ {2,}/).slice(0, 5)).toEqual([
      ...['shown', 'True', 'aaaaaaa', '3/3', 'aaaaaaa is enforced: 3 of 3 proxies ACKed it'],
    ])
    const [wide = '', full = ''] = (await kubectl('get', 'mrepo', 'shown', '-o', 'wide')).split(
      '\n',
    )
    expect(wide.split(/ {2,}/).slice(5)).toEqual([
      'URL',
      'REF',
      'SUSPENDED',
      'PINNED',
      'OBJECTS',
      'AGE',
    ])
    expect(full).toMatch(/https:\/\/git.example.com\/mesh.git +main +false +12 /)
  })

  it('survives being stored as it was made, so that the same is not written twice', async () => {
    await aRepository('stored')
    const state = anEnforcedState('a', 0, {
      drifts: [aDrift()],
      driftTotal: 1,
      pin: {
        type: 'holds',
        pin: { commit: sha('a'), insteadOf: sha('b'), reason: 'why', expiresAt: undefined },
      },
      handledReconcileAt: '2026-11-21T12:00:00.123Z',
    })
    await report('stored', state)
    const id = { ...MESH_REPOSITORY, namespace: CONTROL_NAMESPACE, name: 'stored' }
    const live = await cluster.get(id)
    expect(live?.['status']).toEqual(toRepositoryStatus(state, undefined))
    expect(live?.metadata.generation).toBe(1)
    await report('stored', { ...state, now: Date.now() as RepositoryState['now'] })
    expect((await cluster.get(id))?.metadata.resourceVersion).toBe(live?.metadata.resourceVersion)
  })

  it('is what kubectl wait waits for', async () => {
    await aRepository('awaited')
    await report('awaited', aState())
    const condition = ['wait', 'mrepo/awaited', '--for=condition=Ready']
    const early = await kube.tryKubectl([
      ...['-n', CONTROL_NAMESPACE, ...condition, '--timeout=1s'],
    ])
    expect(early.stderr).toContain('timed out waiting for the condition')
    const waiting = kubectl(...condition, '--timeout=30s')
    await report('awaited', anEnforcedState('a'))
    expect(await waiting).toContain('condition met')
  })

  it('is written though somebody else writes in between', async () => {
    await aRepository('raced')
    const writer = new StatusWriter({ cluster, ...shell, ...where })
    writer.write('raced', (previous) => toRepositoryStatus(aState(), previous))
    await Promise.all([
      ...Array.from({ length: 5 }, (_, round) =>
        kubectl('annotate', 'mrepo', 'raced', '--overwrite', `round=${round}`),
      ),
    ])
    writer.write('raced', (previous) => toRepositoryStatus(anEnforcedState('a'), previous))
    await writer.close()
    expect(await kubectl('get', 'mrepo', 'raced', '-o', 'jsonpath={.status.commitShort}')).toBe(
      'aaaaaaa',
    )
  })
})

describe.skipIf(trouble)('Events', { timeout: KUBECTL_LIMIT_MS }, () => {
  it('are shown by kubectl describe, counted and not repeated', async () => {
    const { metadata } = await aRepository('told')
    const recorder = new EventRecorder({ cluster, ...shell, ...where })
    const invalid = aState({
      outcome: { type: 'stalled', commit: sha('b'), problems: [aProblem()] },
    })
    for (let round = 0; round < 3; round += 1)
      recorder.tell({ name: 'told', uid: metadata.uid ?? '' }, eventsBetween(undefined, invalid))
    await recorder.close()
    const described = await kubectl('describe', 'mrepo', 'told')
    expect(described).toMatch(
      /Warning +InvalidCommit +\S+ \(x3 over \S+\) +plumbline +bbbbbbb has 1 problem: access.yaml:12:5 PLB0301/,
    )
    const { items } = await cluster.list(EVENT, { namespace: CONTROL_NAMESPACE })
    const ours = items.filter((item) => JSON.stringify(item['involvedObject']).includes('"told"'))
    expect(ours.map((item) => item['count'])).toEqual([3])
    expect(log.sentences.filter((sentence) => sentence.includes('Event'))).toEqual([])
  })
})

describe.skipIf(trouble)('the watch', { timeout: KUBECTL_LIMIT_MS }, () => {
  it('tells of what kubectl does, and not of the status that we write', async () => {
    await aRepository('followed')
    let told = 0
    const seen = new Map<string, PromiseWithResolvers<void>>()
    const until = async (mark: string) => {
      const waiting = seen.get(mark) ?? Promise.withResolvers<void>()
      seen.set(mark, waiting)
      await waiting.promise
    }
    const watch = new MeshRepositoryWatch({
      ...{ cluster, ...shell, ...where },
      onChange: (all) => {
        told += 1
        const one = all.get('followed')
        const mark =
          one === undefined
            ? 'gone'
            : (one.requestedAt ?? `ref ${one.spec.ok ? one.spec.value.ref : ''}`)
        const waiting = seen.get(mark) ?? Promise.withResolvers<void>()
        seen.set(mark, waiting)
        waiting.resolve()
      },
    })
    await until('ref main')
    const before = told
    await report('followed', anEnforcedState('a'))
    await kubectl('patch', 'mrepo', 'followed', '--type=merge', '-p', '{"spec":{"ref":"next"}}')
    await until('ref next')
    expect(told).toBe(before + 1)
    await kubectl('annotate', 'mrepo', 'followed', 'plumbline.dev/reconcile-requested-at=now')
    await until('now')
    await cluster.delete(toObjectId(aMeshRepository({}, { name: 'followed' })))
    await until('gone')
    expect(told).toBe(before + 3)
    await watch.close()
  })
})
