/**
 * Two replicas on a real kube-apiserver follow MeshRepositories from git over HTTP: one applies and both serve, a real Envoy of
 * one keeps the other from calling a commit enforced, and nothing is written twice when the lead changes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ControlPlaneClient } from '../../src/cli/control-plane-client.ts'
import { socketPath } from '../../src/cli/run/run-options.ts'
import { writeEnvoyFiles } from '../../src/lab/envoy-files.ts'
import { type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts'
import { GitRepository } from '../support/git-repository.ts'
import { BOOKSTORE_FILES, grantFile } from '../support/policy-yaml.ts'
import { realEnvoy } from '../support/real-envoy.ts'
import { CONTROLLER_CONTEXT, giveRights } from './kube/give-rights.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { kubeTrouble } from './kube/kube-trouble.ts'
import { RunProcess } from './kube/run-process.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
/** A lead that nobody gave away is taken after 15 s, and machines are busy. */
const LIMIT_MS = 120_000
const CONTROL = ['-n', 'plumbline-system']

const trouble = await kubeTrouble()
const envoy =
  trouble === undefined ? await realEnvoy('with an Envoy at one of two replicas') : undefined

class Replica {
  readonly data: string
  readonly run: RunProcess

  constructor(name: string) {
    this.data = join(books.root, name)
    const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kube.kubeconfig]
    this.run = new RunProcess(['--data', this.data, ...cluster, '--context', CONTROLLER_CONTEXT])
  }

  get client(): ControlPlaneClient {
    return new ControlPlaneClient(socketPath(this.data))
  }

  get leads(): boolean {
    return this.run.lines.findLast(({ msg }) => msg === 'leader')?.['isThisReplica'] === true
  }

  async served(repository: string): Promise<string | undefined> {
    const { repositories } = await this.client.status(AbortSignal.timeout(10_000))
    return repositories.find(({ name }) => name === repository)?.served
  }

  count(sentence: string): number {
    return this.run.lines.filter(({ msg }) => msg === sentence).length
  }
}

let kube: KubeControlPlane
let books: GitRepository
let git: GitHttpServer
let one: Replica
let two: Replica
let proxy: ChildProcess | undefined

const kubectl = async (...args: readonly string[]) => await kube.kubectl(args)

async function until<T>(
  what: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const found = await what()
    if (found !== undefined && found !== false) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function commit(files: Parameters<GitRepository['commit']>[0]): string {
  const sha = books.commit(files)
  books.publish()
  return sha
}

async function meshRepository(name: string, spec: object): Promise<void> {
  const object = {
    apiVersion: 'plumbline.dev/v1alpha1',
    kind: 'MeshRepository',
    metadata: { name, namespace: 'plumbline-system' },
    spec: { url: `${git.origin}/policy.git`, interval: '1s', ...spec },
  }
  await kube.kubectl(['apply', '-f', '-'], JSON.stringify(object))
}

async function field(name: string, path: string): Promise<string> {
  return await kubectl('get', 'meshrepository', name, ...CONTROL, '-o', `jsonpath={${path}}`)
}

async function untilEnforced(name: string, sha: string): Promise<void> {
  await until(async () => (await field(name, '.status.enforced.commit')) === sha)
}

async function drifted(): Promise<void> {
  await kubectl('delete', 'tt', '-n', 'bookstore', 'bookbuyer')
  await until(async () =>
    (await kubectl('get', 'tt', '-n', 'bookstore', '-o', 'name')).includes('bookbuyer'),
  )
}

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  await giveRights(kube)
  books = new GitRepository()
  commit(BOOKSTORE_FILES)
  git = await startGitHttpServer({ root: books.root })
  one = new Replica('one')
  await one.run.said('control plane ready')
  await until(() => one.leads)
  two = new Replica('two')
  await two.run.said('control plane ready')
}, BUILD_LIMIT_MS)

afterAll(async () => {
  proxy?.kill('SIGKILL')
  for (const replica of [one, two]) {
    replica?.run.thaw()
    await replica?.run.kill()
  }
  await git?.close()
  await kube?.stop()
  books?.remove()
})

describe.skipIf(trouble !== undefined)('two replicas', { timeout: LIMIT_MS }, () => {
  it('serve what one of them applies', async () => {
    const sha = books.head()
    await meshRepository('books', { namespaces: ['bookstore'] })
    await kubectl(
      'wait',
      'meshrepository/books',
      ...CONTROL,
      '--for=condition=Ready',
      '--timeout=60s',
    )
    await until(async () => (await two.served('books')) === sha)
    expect(await one.served('books')).toBe(sha)
    expect(await field('books', '.status.enforced.commit')).toBe(sha)
    expect([one.leads, two.leads]).toEqual([true, false])
    expect([one.count('commit applied'), two.count('commit applied')]).toEqual([1, 0])
  })

  it.skipIf(envoy === undefined)(
    'call a commit enforced only when the Envoys of both have ACKed it',
    async () => {
      await startProxy()
      await until(async () => (await two.client.proxies(AbortSignal.timeout(5_000))).length === 1)
      const seen = commit(grantFile('reader', 'reader'))
      await untilEnforced('books', seen)
      expect(await field('books', '.status.enforced.acked')).toBe('1')
      // An Envoy that has stopped ACKs nothing, and keeps its connection.
      proxy?.kill('SIGSTOP')
      const unseen = commit(grantFile('writer', 'writer'))
      await until(async () => (await field('books', '.status.applied.commit')) === unseen)
      await until(async () => (await two.served('books')) === unseen)
      await until(
        async () =>
          (await field('books', '.status.conditions[?(@.type=="Ready")].reason')) ===
          'WaitingForProxies',
      )
      expect(await field('books', '.status.enforced.commit')).toBe(seen)
      proxy?.kill('SIGCONT')
      await untilEnforced('books', unseen)
      proxy?.kill('SIGKILL')
    },
  )

  it('refuse a second repository that wants the same namespaces, and say so', async () => {
    await meshRepository('rival', { namespaces: ['bookstore', 'other'] })
    await until(
      async () =>
        (await field('rival', '.status.conditions[?(@.type=="Stalled")].reason')) ===
        'ScopeOverlap',
    )
    expect(await field('books', '.status.conditions[?(@.type=="Ready")].status')).toBe('True')
    await kubectl('delete', 'meshrepository', 'rival', ...CONTROL)
  })

  it('write with the rights of the account that a repository names, and no others', async () => {
    await kubectl('create', 'serviceaccount', 'team', ...CONTROL)
    await kubectl(
      'create',
      'clusterrole',
      'impersonate-team',
      '--verb=impersonate',
      '--resource=serviceaccounts',
      '--resource-name=team',
    )
    await kubectl(
      'create',
      'clusterrolebinding',
      'impersonate-team',
      '--clusterrole=impersonate-team',
      '--serviceaccount=plumbline-system:plumbline-controller',
    )
    const before = commit({})
    await untilEnforced('books', before)
    await meshRepository('books', { namespaces: ['bookstore'], serviceAccountName: 'team' })
    const sha = commit(grantFile('auditor', 'auditor'))
    const reason = await until(async () => {
      const message = await field('books', '.status.conditions[?(@.type=="Ready")].message')
      return message.includes('system:serviceaccount:plumbline-system:team') && message
    })
    expect(reason).toMatch(/cannot (patch|create|get)|forbidden/)
    expect(await kubectl('get', 'tt', '-n', 'bookstore', '-o', 'name')).not.toContain('auditor')
    await meshRepository('books', { namespaces: ['bookstore'], serviceAccountName: null })
    await untilEnforced('books', sha)
  })

  it('change the lead when the one that leads is frozen, which writes nothing when it thaws', async () => {
    one.run.freeze()
    await until(() => two.leads)
    const sha = commit(grantFile('thaw', 'thaw'))
    await untilEnforcedBy(two, sha)
    const before = [one.count('commit applied'), one.count('drift')]
    one.run.thaw()
    await until(() => !one.leads)
    await until(async () => (await one.served('books')) === sha)
    await drifted()
    await until(() => two.count('drift') > 0)
    expect([one.count('commit applied'), one.count('drift')]).toEqual(before)
  })

  it('hand the lead over at once when the one that leads ends', async () => {
    expect(await two.run.stop()).toBe(0)
    await until(() => one.leads)
    await drifted()
    await until(() => one.count('drift') > 0)
  })

  it('leave the objects of a MeshRepository that is deleted', async () => {
    await kubectl('delete', 'meshrepository', 'books', ...CONTROL)
    await until(
      async () => (await one.client.status(AbortSignal.timeout(10_000))).repositories.length === 0,
    )
    expect(await kubectl('get', 'tt', '-n', 'bookstore', '-o', 'name')).toContain('bookbuyer')
  })
})

/** Applied and enforced as far as that replica says; the frozen one counts until its Lease is stale. */
async function untilEnforcedBy(replica: Replica, sha: string): Promise<void> {
  await until(() =>
    replica.run.lines.some(({ msg, commit: of }) => msg === 'commit enforced' && of === sha),
  )
}

/** A pod of the mesh, as a kubelet would report it, and its Envoy at the second replica. */
async function startProxy(): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'store',
      namespace: 'bookstore',
      labels: { 'osm-proxy-uuid': 'proxy-1', app: 'store' },
    },
    spec: { serviceAccountName: 'bookstore', containers: [{ name: 'store', image: 'none' }] },
  }
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'bookstore', namespace: 'bookstore' },
    spec: { selector: { app: 'store' }, ports: [{ name: 'http', port: 80 }] },
  }
  await kube.kubectl(['apply', '-f', '-'], JSON.stringify(service))
  await kubectl('create', 'serviceaccount', 'bookstore', '-n', 'bookstore')
  await kube.kubectl(['apply', '-f', '-'], JSON.stringify(pod))
  const status = {
    status: {
      ...{ phase: 'Running', podIP: '10.0.0.9', podIPs: [{ ip: '10.0.0.9' }] },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }
  await kubectl(
    'patch',
    'pod',
    'store',
    '-n',
    'bookstore',
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify(status),
  )
  const directory = join(books.root, 'envoy')
  const asked = {
    namespace: 'bookstore',
    name: 'store',
    serviceAccount: 'bookstore',
    proxyUid: 'proxy-1',
  }
  const { files } = await until(async () => {
    const place = { directory, controlPlaneHost: '127.0.0.1' }
    return await two.client
      .bootstrap({ ...asked, ...place }, AbortSignal.timeout(5_000))
      .catch(() => undefined)
  })
  await mkdir(directory)
  await writeEnvoyFiles(directory, files, process.getuid?.() ?? 0)
  const config = ['--config-path', join(directory, 'bootstrap.json'), '--use-dynamic-base-id']
  proxy = spawn(envoy ?? '', [...config, '--concurrency', '1', '--log-level', 'error'], {
    stdio: 'ignore',
  })
}
