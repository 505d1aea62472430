/** The shipped manifests, the chart and `plumb install` on a real kube-apiserver, each by the client that a user has. */

import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, loadAll } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Check } from '../../src/cli/doctor/check.ts'
import { type ProgramResult, tryProgram } from '../../src/lab/run-program.ts'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts'
import { GitRepository } from '../support/git-repository.ts'
import { BOOKSTORE_FILES } from '../support/policy-yaml.ts'
import { helmProgram } from './helm/helm-program.ts'
import { helmTrouble } from './helm/helm-trouble.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { RunProcess } from './kube/run-process.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
const POLL = { timeout: 60_000, interval: 100 }
const ROOT = join(import.meta.dirname, '../..')
const BASE = join(ROOT, 'deploy/kubernetes')
const CHART = join(ROOT, 'deploy/chart/plumbline')
const MAIN = join(ROOT, 'src/cli/main.ts')
const ACCOUNT = 'plumbline-controller'
const CONTEXT = 'controller'
const NAMESPACE = 'plumbline-system'
const IN_CONTROL = ['-n', NAMESPACE] as const

// Each test runs several programs, and a busy machine takes a second or two to start one.
vi.setConfig({ testTimeout: 120_000 })

const trouble = await helmTrouble()
let kube: KubeControlPlane
let helmPath: string
let home: string
let repository: GitRepository
let git: GitHttpServer

const kubectl = async (...args: readonly string[]) => await kube.kubectl(args)

async function helm(...args: readonly string[]): Promise<string> {
  const environment = { ...process.env, HOME: home, KUBECONFIG: kube.kubeconfig }
  const { status, stdout, stderr } = await tryProgram([helmPath, ...args, ...IN_CONTROL], {
    environment,
  })
  if (status !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`)
  return stdout + stderr
}

async function plumb(...args: readonly string[]): Promise<ProgramResult> {
  return await tryProgram([process.execPath, MAIN, ...args, '--kubeconfig', kube.kubeconfig])
}

async function plumbWell(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await plumb(...args)
  expect([status, stderr.replace(/^waiting.*\n/gm, '')]).toEqual([0, expect.any(String)])
  return stdout
}

async function doctor(): Promise<ReadonlyMap<string, Check>> {
  const { stdout } = await plumb('doctor', '-o', 'json')
  const checks = JSON.parse(stdout) as readonly Check[]
  return new Map(checks.map((check) => [check.name, check]))
}

interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly replicas: number
    readonly template: KubernetesObject & {
      readonly spec: { readonly containers: readonly [{ readonly args: readonly string[] }] }
    }
  }
}

async function deployment(): Promise<Deployment> {
  const text = await kubectl('get', 'deployment', ACCOUNT, ...IN_CONTROL, '-o', 'json')
  return JSON.parse(text) as Deployment
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** No kubelet runs here: what its container would be told, in a process, with a token of the installed account and no other right. */
async function runAsInstalled(): Promise<{ readonly run: RunProcess; readonly http: string }> {
  const token = await kubectl('create', 'token', ACCOUNT, ...IN_CONTROL)
  await kubectl('config', 'set-credentials', ACCOUNT, `--token=${token}`)
  await kubectl('config', 'set-context', CONTEXT, '--cluster=test', `--user=${ACCOUNT}`)
  const http = `127.0.0.1:${await freePort()}`
  const { args } = (await deployment()).spec.template.spec.containers[0]
  const elsewhere = ['--data', await mkdtemp(join(home, 'data-')), '--xds-listen=127.0.0.1:0']
  const account = ['--kubeconfig', kube.kubeconfig, '--context', CONTEXT]
  const flags = [...args.slice(1), ...elsewhere, `--http-listen=${http}`, ...account]
  return { run: new RunProcess(flags), http: `http://${http}` }
}

/** Follows the repository until its commit is enforced, and is told of no right that it lacks. */
async function enforcesAsInstalled(): Promise<void> {
  const { run, http } = await runAsInstalled()
  try {
    // Rejects with its last lines when it ends before.
    await run.said('control plane ready')
    await kubectl(
      ...['wait', 'meshrepository/mesh', ...IN_CONTROL],
      ...['--for=condition=Ready', '--timeout=60s'],
    )
    expect((await fetch(`${http}/healthz`)).status).toBe(200)
    await expect.poll(async () => (await fetch(`${http}/readyz`)).status, POLL).toBe(200)
    expect(JSON.stringify(run.lines)).not.toMatch(/forbidden/i)
    expect(run.lines.filter(({ level }) => level === 'error')).toEqual([])
  } catch (error) {
    await run.stop()
    throw new Error(JSON.stringify(run.lines.slice(-10), null, 2), { cause: error })
  }
  expect(await run.stop()).toBe(0)
}

async function policies(): Promise<readonly string[]> {
  return (await kubectl('get', 'tt', '-A', '-o', 'name')).split('\n').filter(Boolean)
}

/** As its controller would, had there been one. */
async function playRollout(available: number): Promise<void> {
  const { metadata, spec } = await deployment()
  const status = {
    observedGeneration: metadata.generation,
    replicas: spec.replicas,
    updatedReplicas: spec.replicas,
    readyReplicas: available,
    availableReplicas: available,
  }
  await kubectl(
    ...['patch', 'deployment', ACCOUNT, ...IN_CONTROL, '--subresource=status'],
    ...['--type=merge', '-p', JSON.stringify({ status })],
  )
}

function meshRepository(): string {
  return JSON.stringify({
    apiVersion: 'plumbline.dev/v1alpha1',
    kind: 'MeshRepository',
    metadata: { name: 'mesh', namespace: NAMESPACE },
    spec: { url: `${git.origin}/policy.git`, ref: 'main' },
  })
}

beforeAll(async () => {
  if (trouble !== undefined) return
  helmPath = await helmProgram((line) => console.log(line))
  home = await mkdtemp(join(tmpdir(), 'plumbline-install-'))
  kube = await KubeControlPlane.start()
  repository = new GitRepository()
  repository.commit(BOOKSTORE_FILES)
  repository.publish()
  git = await startGitHttpServer({ root: repository.root })
}, BUILD_LIMIT_MS)

afterAll(async () => {
  await kube?.stop()
  await git?.close()
  repository?.remove()
  if (home !== undefined) await rm(home, { recursive: true, force: true })
})

describe.skipIf(trouble)('the kustomize base', () => {
  const apply = async (objects: string) =>
    await kube.kubectl(
      ['apply', '--server-side', '--validate=strict', '--warnings-as-errors', '-f', '-'],
      objects,
    )

  it('is taken by a real API server without a warning', async () => {
    const objects = await kubectl('kustomize', BASE)
    const applied = await apply(objects)
    expect(applied.split('\n')).toHaveLength(loadAll(objects).length)
  })

  it('has pods that Pod Security admits as restricted, which it does not do to all', async () => {
    const { template } = (await deployment()).spec
    const create = async (pod: object) =>
      await kube.tryKubectl(
        ['create', '--dry-run=server', '--warnings-as-errors', '-f', '-'],
        JSON.stringify(pod),
      )
    const pod = {
      ...{ apiVersion: 'v1', kind: 'Pod', spec: template.spec },
      metadata: { ...template.metadata, name: 'as-deployed', namespace: NAMESPACE },
    }
    expect((await create(pod)).stderr).toBe('')
    const { securityContext: _, ...lax } = template.spec as Record<string, unknown>
    expect((await create({ ...pod, spec: lax })).stderr).toContain('violates PodSecurity')
  })

  it('is ready before it has anything to follow, so that an installation can end', async () => {
    const { run, http } = await runAsInstalled()
    try {
      await run.said('control plane ready')
      await expect.poll(async () => (await fetch(`${http}/readyz`)).status, POLL).toBe(200)
    } finally {
      expect(await run.stop()).toBe(0)
    }
  })

  it('gives the control plane every right it needs to enforce a commit', async () => {
    await apply(meshRepository())
    await enforcesAsInstalled()
    expect(await policies()).not.toEqual([])
  })

  it('belongs to kubectl, so that plumb uninstall leaves it', async () => {
    const { status, stderr } = await plumb('uninstall', '--yes')
    expect(status).toBe(2)
    expect(stderr).toContain('not by plumb install')
  })

  it('goes as it came, with all that hung on its definitions', async () => {
    await kubectl('delete', '-k', BASE, '--wait=false')
    await kubectl('wait', '--for=delete', `namespace/${NAMESPACE}`, '--timeout=60s')
    expect(await kubectl('get', 'crd', '-o', 'name')).toBe('')
  })
})

describe.skipIf(trouble)('the chart', () => {
  const values = () => [
    ...['--set', 'repositories[0].name=mesh', '--set', 'repositories[0].spec.ref=main'],
    ...['--set', `repositories[0].spec.url=${git.origin}/policy.git`],
  ]

  it('installs, with the repository that it is told to follow, and says what is next', async () => {
    const said = await helm('install', 'mesh', CHART, '--create-namespace', ...values())
    expect(said).toContain(`mesh: ${git.origin}/policy.git (main)`)
    expect(said).toContain(`kubectl label namespace ${NAMESPACE}`)
    expect((await deployment()).spec.replicas).toBe(2)
  })

  it('gives the control plane every right it needs to enforce a commit', async () => {
    await enforcesAsInstalled()
  })

  it('upgrades, although the control plane has brought the definitions to its version', async () => {
    await helm('upgrade', 'mesh', CHART, ...values(), '--set', 'replicas=3')
    expect((await deployment()).spec.replicas).toBe(3)
  })

  it('lets the control plane write in the name of the accounts that are named, and of no other', async () => {
    const named = ['--set', 'impersonation.serviceAccounts={team-a}']
    await helm('upgrade', 'mesh', CHART, ...values(), ...named, '--set', 'replicas=3')
    const as = (name: string) => `--as=system:serviceaccount:${NAMESPACE}:${name}`
    const ask = async (name: string) =>
      await kube.tryKubectl(['--context', CONTEXT, as(name), 'auth', 'can-i', 'list', 'secrets'])
    expect((await ask('team-a')).stdout).toBe('no\n')
    expect((await ask('team-b')).stderr).toContain('cannot impersonate resource "serviceaccounts"')
  })

  it('belongs to Helm, which plumb install and plumb uninstall say', async () => {
    for (const command of [['install'], ['uninstall', '--yes']]) {
      const { status, stderr } = await plumb(...command)
      expect(status).toBe(2)
      expect(stderr).toContain(`helm uninstall mesh -n ${NAMESPACE}`)
    }
    expect((await deployment()).spec.replicas).toBe(3)
  })

  it('leaves the policies and what is followed when it is uninstalled, and says so', async () => {
    const before = await policies()
    const said = await helm('uninstall', 'mesh')
    expect(said).toMatch(/kept[\s\S]*MeshRepository[\s\S]*mesh/)
    expect(await policies()).toEqual(before)
    expect(await kubectl('get', 'meshrepositories', ...IN_CONTROL, '-o', 'name')).not.toBe('')
    const { stderr } = await kube.tryKubectl(['get', 'deployment', ACCOUNT, ...IN_CONTROL])
    expect(stderr).toContain('NotFound')
  })
})

describe.skipIf(trouble)('plumb install', () => {
  it('says what it would do, and does none of it', async () => {
    const said = await plumbWell('install', '--dry-run')
    expect(said).toContain(`Deployment ${NAMESPACE}/${ACCOUNT} created (dry run)`)
    const { stderr } = await kube.tryKubectl(['get', 'deployment', ACCOUNT, ...IN_CONTROL])
    expect(stderr).toContain('NotFound')
  })

  it('installs over what another installation left behind', async () => {
    const said = await plumbWell('install', '--no-wait', '--image', 'mirror/plumbline:1')
    expect(said).toContain(`Deployment ${NAMESPACE}/${ACCOUNT} created`)
    const policed = `jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}`
    expect(await kubectl('get', 'namespace', NAMESPACE, '-o', policed)).toBe('restricted')
  })

  it('changes nothing the second time, and keeps what no flag names', async () => {
    const lines = (await plumbWell('install', '--no-wait')).split('\n\n')[0]?.split('\n') ?? []
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([])
  })

  it('says which objects another one changed, and whose they were', async () => {
    await kubectl('scale', 'deployment', ACCOUNT, ...IN_CONTROL, '--replicas=5')
    const said = await plumbWell('install', '--no-wait', '--replicas', '2')
    expect(said).toMatch(/Deployment \S+ configured \(.*kubectl.*\.spec\.replicas/s)
    expect((await deployment()).spec.replicas).toBe(2)
  })

  it('follows a repository from the beginning', async () => {
    const url = `${git.origin}/policy.git`
    await kubectl('delete', 'meshrepository', 'mesh', ...IN_CONTROL)
    const said = await plumbWell('install', '--no-wait', '--repository', url, '--path', 'x')
    expect(said).toContain(`MeshRepository ${NAMESPACE}/mesh created`)
    const spec = await kubectl('get', 'meshrepository', 'mesh', ...IN_CONTROL, '-o', 'yaml')
    expect(load(spec)).toMatchObject({ spec: { url, path: 'x' } })
  })

  it('waits for the control plane, and says what it is waiting for', async () => {
    const late = await plumb('install', '--timeout', '1s')
    expect(late.status).toBe(1)
    expect(late.stdout).toContain('installed, and not running: ')
    await playRollout(2)
    expect(await plumbWell('install', '--timeout', '30s')).toContain('plumb doctor')
  })

  it('leaves a definition of somebody else as it is', async () => {
    const crd = 'tcproutes.specs.smi-spec.io'
    await kubectl('label', 'crd', crd, 'app.kubernetes.io/managed-by=osm', '--overwrite')
    const version = () => kubectl('get', 'crd', crd, '-o', 'jsonpath={.metadata.resourceVersion}')
    const before = await version()
    expect(await plumbWell('install', '--no-wait')).toContain(
      `CustomResourceDefinition ${crd} left`,
    )
    expect(await version()).toBe(before)
    await kubectl('label', 'crd', crd, 'app.kubernetes.io/managed-by=plumbline', '--overwrite')
  })

  it('prints what it would apply, for those who apply by other means', async () => {
    const { status, stdout } = await plumb('install', '-o', 'yaml')
    expect(status).toBe(0)
    const kinds = (loadAll(stdout) as KubernetesObject[]).map(({ kind }) => kind)
    expect(kinds).toContain('Deployment')
    expect(kinds[0]).toBe('Namespace')
  })
})

describe.skipIf(trouble)('plumb doctor', () => {
  it('finds the rights, the definitions and the Deployment of an installation well', async () => {
    await playRollout(2)
    const checks = await doctor()
    for (const name of ['API server', 'clock', 'rights of the control plane', 'definitions'])
      expect(checks.get(name)).toMatchObject({ status: 'ok' })
    expect(checks.get('deployment')).toMatchObject({ status: 'ok' })
    expect(checks.get('git of mesh')).toMatchObject({ status: 'ok' })
  })

  it('names a right that was taken away, and what gives it back', async () => {
    await kubectl('delete', 'rolebinding', ACCOUNT, ...IN_CONTROL)
    const check = (await doctor()).get('rights of the control plane')
    expect(check).toMatchObject({ status: 'fail' })
    expect(check?.found).toContain(`get configmaps in ${NAMESPACE}`)
    await plumbWell('install', '--no-wait')
    expect((await doctor()).get('rights of the control plane')).toMatchObject({ status: 'ok' })
  })

  it('knows the root that a control plane made, and who has led', async () => {
    const checks = await doctor()
    expect(checks.get('root')).toMatchObject({ status: 'ok' })
    // Those that ran have let their Lease go.
    expect(checks.get('leader')).toMatchObject({ status: 'fail' })
    expect(checks.get('leader')?.found).toContain('nobody holds it')
  })

  it('says that an API server does not answer, with the status for that', async () => {
    const nowhere = join(home, 'nowhere.kubeconfig')
    const view = await kubectl('config', 'view', '--raw')
    await writeFile(nowhere, view.replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, 'https://127.0.0.1:9'))
    const argv = [process.execPath, MAIN, 'doctor', '--kubeconfig', nowhere]
    const { status, stdout } = await tryProgram(argv)
    expect(status).toBe(2)
    expect(stdout).toContain('fail  API server')
  })
})

describe.skipIf(trouble)('plumb uninstall', () => {
  it('removes what install made, and leaves the policies', async () => {
    const before = await policies()
    const said = await plumbWell('uninstall', '--yes')
    expect(said.indexOf('Deployment')).toBeLessThan(said.indexOf('ClusterRole'))
    expect(said).toContain('left in the cluster, and how to remove it:')
    expect(await policies()).toEqual(before)
    const marked = ['-l', 'plumbline.dev/installed-by=plumb', '-o', 'name']
    const kinds = 'deployment,service,role,rolebinding,serviceaccount,networkpolicy,pdb'
    expect(await kubectl('get', kinds, ...IN_CONTROL, ...marked)).toBe('')
    expect(await kubectl('get', 'clusterrole,clusterrolebinding', ...marked)).toBe('')
  })

  it('asks before it removes anything', async () => {
    const { status, stderr } = await plumb('uninstall', '--crds')
    expect(status).toBe(2)
    expect(stderr).toContain('add --yes')
    expect(await policies()).not.toEqual([])
  })

  it('removes the definitions and the root when it is told to', async () => {
    const said = await plumbWell('uninstall', '--yes', '--crds', '--root')
    expect(said).toContain(`Secret ${NAMESPACE}/osm-ca-bundle removed`)
    expect(said).toContain(`kubectl delete namespace ${NAMESPACE}`)
    await kubectl('wait', '--for=delete', 'crd', '--all', '--timeout=30s')
    expect(await plumbWell('uninstall', '--yes')).toContain('there is nothing to remove')
  })
})
