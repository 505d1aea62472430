/** The shipped manifests, the chart and `plumb install` on a real kube-apiserver, each by the client that a user has. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { load, loadAll } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { tryProgram } from '../../src/lab/run-program.ts'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { helmTrouble } from './helm/helm-trouble.ts'
import { enforcesAsInstalled, POLL } from './install/enforces-as-installed.ts'
import {
  ACCOUNT,
  BASE,
  CHART,
  CONTEXT,
  IN_CONTROL,
  InstallWorld,
  MAIN,
  NAMESPACE,
} from './install/install-world.ts'
import { keepsWhatTheCommitSays } from './install/keeps-what-the-commit-says.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000

// Each test runs several programs, and a busy machine takes a second or two to start one.
vi.setConfig({ testTimeout: 120_000 })

const trouble = await helmTrouble()
let world: InstallWorld

beforeAll(async () => {
  if (trouble === undefined) world = await InstallWorld.start()
}, BUILD_LIMIT_MS)

afterAll(async () => {
  await world?.stop()
})

describe.skipIf(trouble)('the kustomize base', () => {
  const apply = async (objects: string) =>
    await world.kube.kubectl(
      ['apply', '--server-side', '--validate=strict', '--warnings-as-errors', '-f', '-'],
      objects,
    )

  it('is taken by a real API server without a warning', async () => {
    const objects = await world.kubectl('kustomize', BASE)
    const applied = await apply(objects)
    expect(applied.split('\n')).toHaveLength(loadAll(objects).length)
  })

  it('has pods that Pod Security admits as restricted, which it does not do to all', async () => {
    const { template } = (await world.deployment()).spec
    const create = async (pod: object) =>
      await world.kube.tryKubectl(
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
    const { run, http } = await world.runAsInstalled()
    try {
      await run.said('control plane ready')
      await expect.poll(async () => (await fetch(`${http}/readyz`)).status, POLL).toBe(200)
    } finally {
      expect(await run.stop()).toBe(0)
    }
  })

  it('gives the control plane every right it needs to enforce a commit', async () => {
    await apply(world.meshRepository())
    await enforcesAsInstalled(world)
    expect(await world.policies()).not.toEqual([])
  })

  it('belongs to kubectl, so that plumb uninstall leaves it', async () => {
    const { status, stderr } = await world.plumb('uninstall', '--yes')
    expect(status).toBe(2)
    expect(stderr).toContain('not by plumb install')
  })

  it('goes as it came, with all that hung on its definitions', async () => {
    await world.kubectl('delete', '-k', BASE, '--wait=false')
    await world.kubectl('wait', '--for=delete', `namespace/${NAMESPACE}`, '--timeout=60s')
    expect(await world.kubectl('get', 'crd', '-o', 'name')).toBe('')
  })
})

describe.skipIf(trouble)('the chart', () => {
  const values = () => [
    ...['--set', 'repositories[0].name=mesh', '--set', 'repositories[0].spec.ref=main'],
    ...['--set', `repositories[0].spec.url=${world.git.origin}/policy.git`],
  ]

  it('installs, with the repository that it is told to follow, and says what is next', async () => {
    const said = await world.helm('install', 'mesh', CHART, '--create-namespace', ...values())
    expect(said).toContain(`mesh: ${world.git.origin}/policy.git (main)`)
    expect(said).toContain(`kubectl label namespace ${NAMESPACE}`)
    expect((await world.deployment()).spec.replicas).toBe(2)
  })

  it('gives the control plane every right it needs to enforce a commit', async () => {
    await enforcesAsInstalled(world)
  })

  it('puts back what others edit and delete, and names them; and takes nothing away for an emptied repository', async () => {
    await keepsWhatTheCommitSays(world)
  })

  it('upgrades, although the control plane has brought the definitions to its version', async () => {
    await world.helm('upgrade', 'mesh', CHART, ...values(), '--set', 'replicas=3')
    expect((await world.deployment()).spec.replicas).toBe(3)
  })

  it('lets the control plane write in the name of the accounts that are named, and of no other', async () => {
    const named = ['--set', 'impersonation.serviceAccounts={team-a}']
    await world.helm('upgrade', 'mesh', CHART, ...values(), ...named, '--set', 'replicas=3')
    const as = (name: string) => `--as=system:serviceaccount:${NAMESPACE}:${name}`
    const ask = async (name: string) =>
      await world.kube.tryKubectl([
        '--context',
        CONTEXT,
        as(name),
        'auth',
        'can-i',
        'list',
        'secrets',
      ])
    expect((await ask('team-a')).stdout).toBe('no\n')
    expect((await ask('team-b')).stderr).toContain('cannot impersonate resource "serviceaccounts"')
  })

  it('belongs to Helm, which plumb install and plumb uninstall say', async () => {
    for (const command of [['install'], ['uninstall', '--yes']]) {
      const { status, stderr } = await world.plumb(...command)
      expect(status).toBe(2)
      expect(stderr).toContain(`helm uninstall mesh -n ${NAMESPACE}`)
    }
    expect((await world.deployment()).spec.replicas).toBe(3)
  })

  it('leaves the policies and what is followed when it is uninstalled, and says so', async () => {
    const before = await world.policies()
    const said = await world.helm('uninstall', 'mesh')
    expect(said).toMatch(/kept[\s\S]*MeshRepository[\s\S]*mesh/)
    expect(await world.policies()).toEqual(before)
    expect(await world.kubectl('get', 'meshrepositories', ...IN_CONTROL, '-o', 'name')).not.toBe('')
    const { stderr } = await world.kube.tryKubectl(['get', 'deployment', ACCOUNT, ...IN_CONTROL])
    expect(stderr).toContain('NotFound')
  })
})

describe.skipIf(trouble)('plumb install', () => {
  it('says what it would do, and does none of it', async () => {
    const said = await world.plumbWell('install', '--dry-run')
    expect(said).toContain(`Deployment ${NAMESPACE}/${ACCOUNT} created (dry run)`)
    const { stderr } = await world.kube.tryKubectl(['get', 'deployment', ACCOUNT, ...IN_CONTROL])
    expect(stderr).toContain('NotFound')
  })

  it('installs over what another installation left behind', async () => {
    const said = await world.plumbWell('install', '--no-wait', '--image', 'mirror/plumbline:1')
    expect(said).toContain(`Deployment ${NAMESPACE}/${ACCOUNT} created`)
    const policed = `jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}`
    expect(await world.kubectl('get', 'namespace', NAMESPACE, '-o', policed)).toBe('restricted')
  })

  it('changes nothing the second time, and keeps what no flag names', async () => {
    const lines =
      (await world.plumbWell('install', '--no-wait')).split('\n\n')[0]?.split('\n') ?? []
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([])
  })

  it('says which objects another one changed, and whose they were', async () => {
    await world.kubectl('scale', 'deployment', ACCOUNT, ...IN_CONTROL, '--replicas=5')
    const said = await world.plumbWell('install', '--no-wait', '--replicas', '2')
    expect(said).toMatch(/Deployment \S+ configured \(.*kubectl.*\.spec\.replicas/s)
    expect((await world.deployment()).spec.replicas).toBe(2)
  })

  it('follows a repository from the beginning', async () => {
    const url = `${world.git.origin}/policy.git`
    await world.kubectl('delete', 'meshrepository', 'mesh', ...IN_CONTROL)
    const said = await world.plumbWell('install', '--no-wait', '--repository', url, '--path', 'x')
    expect(said).toContain(`MeshRepository ${NAMESPACE}/mesh created`)
    const spec = await world.kubectl('get', 'meshrepository', 'mesh', ...IN_CONTROL, '-o', 'yaml')
    expect(load(spec)).toMatchObject({ spec: { url, path: 'x' } })
  })

  it('waits for the control plane, and says what it is waiting for', async () => {
    const late = await world.plumb('install', '--timeout', '1s')
    expect(late.status).toBe(1)
    expect(late.stdout).toContain('installed, and not running: ')
    await world.playRollout(2)
    expect(await world.plumbWell('install', '--timeout', '30s')).toContain('plumb doctor')
  })

  it('leaves a definition of somebody else as it is', async () => {
    const crd = 'tcproutes.specs.smi-spec.io'
    await world.kubectl('label', 'crd', crd, 'app.kubernetes.io/managed-by=osm', '--overwrite')
    const version = () =>
      world.kubectl('get', 'crd', crd, '-o', 'jsonpath={.metadata.resourceVersion}')
    const before = await version()
    expect(await world.plumbWell('install', '--no-wait')).toContain(
      `CustomResourceDefinition ${crd} left`,
    )
    expect(await version()).toBe(before)
    await world.kubectl(
      'label',
      'crd',
      crd,
      'app.kubernetes.io/managed-by=plumbline',
      '--overwrite',
    )
  })

  it('prints what it would apply, for those who apply by other means', async () => {
    const { status, stdout } = await world.plumb('install', '-o', 'yaml')
    expect(status).toBe(0)
    const kinds = (loadAll(stdout) as KubernetesObject[]).map(({ kind }) => kind)
    expect(kinds).toContain('Deployment')
    expect(kinds[0]).toBe('Namespace')
  })
})

describe.skipIf(trouble)('plumb doctor', () => {
  it('finds the rights, the definitions and the Deployment of an installation well', async () => {
    await world.playRollout(2)
    const checks = await world.doctor()
    for (const name of ['API server', 'clock', 'rights of the control plane', 'definitions'])
      expect(checks.get(name)).toMatchObject({ status: 'ok' })
    expect(checks.get('deployment')).toMatchObject({ status: 'ok' })
    expect(checks.get('git of mesh')).toMatchObject({ status: 'ok' })
  })

  it('names a right that was taken away, and what gives it back', async () => {
    await world.kubectl('delete', 'rolebinding', ACCOUNT, ...IN_CONTROL)
    const check = (await world.doctor()).get('rights of the control plane')
    expect(check).toMatchObject({ status: 'fail' })
    expect(check?.found).toContain(`get configmaps in ${NAMESPACE}`)
    await world.plumbWell('install', '--no-wait')
    expect((await world.doctor()).get('rights of the control plane')).toMatchObject({
      status: 'ok',
    })
  })

  it('knows the root that a control plane made, and who has led', async () => {
    const checks = await world.doctor()
    expect(checks.get('root')).toMatchObject({ status: 'ok' })
    // Those that ran have let their Lease go.
    expect(checks.get('leader')).toMatchObject({ status: 'fail' })
    expect(checks.get('leader')?.found).toContain('nobody holds it')
  })

  it('says that an API server does not answer, with the status for that', async () => {
    const nowhere = join(world.home, 'nowhere.kubeconfig')
    const view = await world.kubectl('config', 'view', '--raw')
    await writeFile(nowhere, view.replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, 'https://127.0.0.1:9'))
    const argv = [process.execPath, MAIN, 'doctor', '--kubeconfig', nowhere]
    const { status, stdout } = await tryProgram(argv)
    expect(status).toBe(2)
    expect(stdout).toContain('fail  API server')
  })
})

describe.skipIf(trouble)('plumb uninstall', () => {
  it('removes what install made, and leaves the policies', async () => {
    const before = await world.policies()
    const said = await world.plumbWell('uninstall', '--yes')
    expect(said.indexOf('Deployment')).toBeLessThan(said.indexOf('ClusterRole'))
    expect(said).toContain('left in the cluster, and how to remove it:')
    expect(await world.policies()).toEqual(before)
    const marked = ['-l', 'plumbline.dev/installed-by=plumb', '-o', 'name']
    const kinds = 'deployment,service,role,rolebinding,serviceaccount,networkpolicy,pdb'
    expect(await world.kubectl('get', kinds, ...IN_CONTROL, ...marked)).toBe('')
    expect(await world.kubectl('get', 'clusterrole,clusterrolebinding', ...marked)).toBe('')
  })

  it('asks before it removes anything', async () => {
    const { status, stderr } = await world.plumb('uninstall', '--crds')
    expect(status).toBe(2)
    expect(stderr).toContain('add --yes')
    expect(await world.policies()).not.toEqual([])
  })

  it('removes the definitions and the root when it is told to', async () => {
    const said = await world.plumbWell('uninstall', '--yes', '--crds', '--root')
    expect(said).toContain(`Secret ${NAMESPACE}/osm-ca-bundle removed`)
    expect(said).toContain(`kubectl delete namespace ${NAMESPACE}`)
    await world.kubectl('wait', '--for=delete', 'crd', '--all', '--timeout=30s')
    expect(await world.plumbWell('uninstall', '--yes')).toContain('there is nothing to remove')
  })
})
