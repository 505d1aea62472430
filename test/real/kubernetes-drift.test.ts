/** Drift on a real kube-apiserver, made by a real kubectl: what it would have meant, and weights that a controller may set. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts'
import { GitRepository } from '../support/git-repository.ts'
import { BOOKSTORE_FILES } from '../support/policy-yaml.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { kubeTrouble } from './kube/kube-trouble.ts'
import { type LogLine, RunProcess } from './kube/run-process.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000

const SPLIT_FILE = (weights: readonly [number, number]) => ({
  'split.yaml': `
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata:
  name: bookstore
  namespace: bookstore
  annotations:
    plumbline.dev/delegate-weights: flagger
    plumbline.dev/weight-bounds: v2=0..50
spec:
  service: bookstore
  backends:
    - { service: v1, weight: ${weights[0]} }
    - { service: v2, weight: ${weights[1]} }
`,
})

const trouble = await kubeTrouble()
let kube: KubeControlPlane
let repository: GitRepository
let git: GitHttpServer
let run: RunProcess

const kubectl = async (...args: readonly string[]) => await kube.kubectl(args)

async function patch(kind: string, name: string, manager: string, spec: object): Promise<void> {
  const body = JSON.stringify({ spec })
  const flags = ['--type=merge', `--field-manager=${manager}`, '-p', body]
  await kubectl('patch', kind, '-n', 'bookstore', name, ...flags)
}

async function setWeights(manager: string, v1: number, v2: number): Promise<void> {
  await patch('trafficsplit', 'bookstore', manager, { backends: toBackends(v1, v2) })
}

function toBackends(v1: number, v2: number): readonly object[] {
  return [
    { service: 'v1', weight: v1 },
    { service: 'v2', weight: v2 },
  ]
}

async function weights(): Promise<string> {
  const path = 'jsonpath={.spec.backends[*].weight}'
  return await kubectl('get', 'trafficsplit', '-n', 'bookstore', 'bookstore', '-o', path)
}

async function splitVersion(): Promise<string> {
  const path = 'jsonpath={.metadata.resourceVersion}'
  return await kubectl('get', 'trafficsplit', '-n', 'bookstore', 'bookstore', '-o', path)
}

async function drifted(act: () => Promise<unknown>): Promise<LogLine> {
  const since = run.lines.length
  await act()
  return await run.said('drift', since)
}

/** A whole pass, over a commit that changes no object. */
async function passed(): Promise<void> {
  const since = run.lines.length
  repository.commit({ 'README.md': `${since}` })
  repository.publish()
  run.pass()
  await run.said('commit applied', since)
}

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  repository = new GitRepository()
  repository.commit({ ...BOOKSTORE_FILES, ...SPLIT_FILE([90, 10]) })
  repository.publish()
  git = await startGitHttpServer({ root: repository.root })
  const source = ['--repository', `${git.origin}/policy.git`, '--schedule', '@every 60s']
  const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kube.kubeconfig]
  run = new RunProcess([...source, ...cluster, '--data', join(repository.root, 'data')])
  await run.said('commit applied')
}, BUILD_LIMIT_MS)

afterAll(async () => {
  await run?.stop()
  await kube?.stop()
  await git?.close()
  repository?.remove()
})

describe.skipIf(trouble)('drift on Kubernetes', () => {
  it('is put back, and named with its author, its fields and what it would have opened', async () => {
    const sources = ['bookbuyer', 'bookthief'].map((name) => ({
      ...{ kind: 'ServiceAccount', name, namespace: 'bookstore' },
    }))
    const drift = await drifted(() => patch('tt', 'bookbuyer', 'kubectl-edit', { sources }))
    expect(drift).toMatchObject({
      object: 'TrafficTarget bookstore/bookbuyer',
      managers: ['kubectl-edit'],
      fields: ['.spec.sources'],
      editedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      effect: { opened: ['bookstore/bookthief → bookstore/bookstore *, e.g. GET /'], closed: [] },
      summary:
        'TrafficTarget bookstore/bookbuyer .spec.sources edited by kubectl-edit; put back; it would have opened: bookstore/bookthief → bookstore/bookstore *, e.g. GET /; no proxy saw it',
    })
    const path = 'jsonpath={.spec.sources[*].name}'
    expect(await kubectl('get', 'tt', '-n', 'bookstore', 'bookbuyer', '-o', path)).toBe('bookbuyer')
  })

  it('by deletion is named with what it would have closed', async () => {
    expect(
      await drifted(() => kubectl('delete', 'tt', '-n', 'bookstore', 'bookbuyer')),
    ).toMatchObject({
      action: 'recreated',
      effect: { opened: [], closed: ['bookstore/bookbuyer → bookstore/bookstore *, e.g. GET /'] },
    })
  })

  it('is no weight that the commit hands to the controller, which goes on owning it', async () => {
    const since = run.lines.length
    await setWeights('flagger', 70, 30)
    const version = await splitVersion()
    await passed()
    await passed()
    expect(run.lines.slice(since).filter(({ msg }) => msg === 'drift')).toEqual([])
    expect(await splitVersion()).toBe(version)
    expect(await weights()).toBe('70 30')
  })

  it('is no weight that the controller applies, and we are never in conflict with it', async () => {
    const apply = async (v1: number, v2: number, ...flags: readonly string[]) => {
      const object = {
        ...{ apiVersion: 'split.smi-spec.io/v1alpha4', kind: 'TrafficSplit' },
        metadata: { name: 'bookstore', namespace: 'bookstore' },
        spec: { backends: toBackends(v1, v2) },
      }
      const all = ['apply', '--server-side', '--field-manager=flagger', ...flags, '-f', '-']
      await kube.kubectl(all, JSON.stringify(object))
    }
    await apply(65, 35, '--force-conflicts')
    await passed()
    await apply(60, 40)
    await passed()
    expect(await weights()).toBe('60 40')
  })

  it('is a weight beyond the bounds, whoever sets it', async () => {
    const drift = await drifted(() => setWeights('flagger', 40, 60))
    expect(drift).toMatchObject({
      object: 'TrafficSplit bookstore/bookstore',
      managers: ['flagger'],
      delegation: 'v2 has 60 % of the weight, and its bounds are 0..50 %',
    })
    expect(await weights()).toBe('90 10')
  })

  it('is a weight within the bounds that somebody else sets', async () => {
    await setWeights('flagger', 80, 20)
    expect(await drifted(() => setWeights('kubectl-edit', 70, 30))).toMatchObject({
      delegation: 'its weights were set by kubectl-edit, and the commit hands them to flagger',
    })
    expect(await weights()).toBe('90 10')
  })

  it('is over with a commit that declares other weights, from which the controller goes on', async () => {
    await setWeights('flagger', 80, 20)
    const since = run.lines.length
    repository.commit(SPLIT_FILE([95, 5]))
    repository.publish()
    run.pass()
    await run.said('commit applied', since)
    expect(await weights()).toBe('95 5')
    await setWeights('flagger', 85, 15)
    await passed()
    expect(await weights()).toBe('85 15')
    expect(run.lines.slice(since).filter(({ msg }) => msg === 'drift')).toEqual([])
  })
})
