/** Who the Kubernetes adapter is to a real kube-apiserver, and what that one lets it do. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SystemClock } from '../../src/cli/system-clock.ts'
import { SystemEntropy } from '../../src/cli/system-entropy.ts'
import type { ServiceAccount } from '../../src/model/service-account.ts'
import type { Cluster } from '../../src/reconciler/cluster.ts'
import {
  type KubernetesCluster,
  openKubernetesCluster,
} from '../../src/reconciler/cluster-kubernetes.ts'
import { aConfigMap, aNamespace, CONFIG_MAP, idOf, NAMESPACE } from '../support/cluster-objects.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { kubeTrouble } from './kube/kube-trouble.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
/** A right that was given is known to the API server within a second. */
const RIGHT_LIMIT_MS = 20_000

const trouble = await kubeTrouble()
const shell = { clock: new SystemClock(), entropy: new SystemEntropy(), log: new RecordingLogger() }
const asGit = { fieldManager: 'git', force: false, dryRun: false }
const REVIEW = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
const DEPLOYER = { namespace: 'team-a', name: 'deployer' }
let kube: KubeControlPlane
let cluster: KubernetesCluster

const kubectl = async (...args: readonly string[]) => await kube.kubectl(args)

async function whoIs(who: Cluster): Promise<unknown> {
  const { status } = await who.create({ ...REVIEW, metadata: { name: '' } }, asGit)
  return (status as { readonly userInfo: unknown }).userInfo
}

/** In the namespace team-a. */
async function giveRight(name: string, what: readonly string[], to: ServiceAccount): Promise<void> {
  await kubectl('create', '-n', 'team-a', 'role', name, ...what)
  const binding = [`--role=${name}`, `--serviceaccount=${to.namespace}:${to.name}`]
  await kubectl('create', '-n', 'team-a', 'rolebinding', name, ...binding)
}

/** What an account that has the name and no rights, or fewer than it needs, is told. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const refused = await call.then(String, (error: unknown) => error)
  expect(refused).toMatchObject({ code: 'Forbidden' })
  return String(refused)
}

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  cluster = await openKubernetesCluster({ ...shell, kubeconfig: kube.kubeconfig })
  for (const name of ['team-a', 'team-b']) await cluster.apply(aNamespace(name), asGit)
}, BUILD_LIMIT_MS)

afterAll(async () => {
  cluster?.close()
  await kube?.stop()
})

describe.skipIf(trouble)('on a real API server', () => {
  it('is let in by a client certificate as by a token, and with neither is refused', async () => {
    const { kubeconfig } = kube
    const byCertificate = await openKubernetesCluster({
      ...{ ...shell, kubeconfig, context: 'certificate' },
    })
    expect(await whoIs(byCertificate)).toMatchObject({
      ...{ username: 'admin', groups: expect.arrayContaining(['system:masters']) as [] },
    })
    byCertificate.close()
    const config = JSON.parse(await readFile(kubeconfig, 'utf8')) as { users: object[] }
    const file = join(await temporaryDirectory(), 'kubeconfig')
    await writeFile(file, JSON.stringify({ ...config, users: [{ name: 'token', user: {} }] }))
    const anonymous = await openKubernetesCluster({ ...shell, kubeconfig: file })
    const refused = await anonymous.list(NAMESPACE).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'Forbidden' })
    expect(String(refused)).toContain('system:anonymous')
    anonymous.close()
  })

  it('is a service account with the groups of one, while it acts as that one', async () => {
    expect(await whoIs(cluster.as(DEPLOYER))).toMatchObject({
      username: 'system:serviceaccount:team-a:deployer',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:team-a', 'system:authenticated'],
    })
    expect(await whoIs(cluster)).toMatchObject({ username: 'admin' })
  })

  it('is refused what a service account may not do, and says whose rights are missing', async () => {
    const nobody = cluster.as({ namespace: 'team-b', name: 'nobody' })
    const said = await refusal(nobody.apply(aConfigMap('m', {}, { namespace: 'team-b' }), asGit))
    expect(said).toContain('User "system:serviceaccount:team-b:nobody" cannot patch')
    expect(said).toContain('in the namespace "team-b"')
    await refusal(nobody.list(CONFIG_MAP))
  })

  it(
    'writes as a service account where that one may, and nowhere else',
    async () => {
      const may = ['create', 'patch', 'delete'].map((verb) => `--verb=${verb}`)
      await giveRight('deployer', [...may, '--resource=configmaps'], DEPLOYER)
      const deployer = cluster.as(DEPLOYER)
      const here = aConfigMap('m', { a: '1' }, { namespace: 'team-a' })
      // Rights travel by a watch of the API server's own.
      while ((await deployer.apply(here, asGit).catch(() => undefined)) === undefined)
        await shell.clock.sleep(100)
      const there = aConfigMap('m', { a: '1' }, { namespace: 'team-b' })
      expect(await refusal(deployer.apply(there, asGit))).toContain('in the namespace "team-b"')
      expect(await refusal(deployer.apply(aNamespace('team-c'), asGit))).toContain(DEPLOYER.name)
      expect(await cluster.get(idOf(here))).toMatchObject({ data: { a: '1' } })
      expect(await cluster.get(idOf(there))).toBeUndefined()
      await deployer.delete(idOf(here))
      expect(await cluster.get(idOf(here))).toBeUndefined()
    },
    RIGHT_LIMIT_MS,
  )

  it(
    'needs no right but to impersonate that one service account, and says so when it is missing',
    async () => {
      await kubectl('create', 'serviceaccount', 'controller', '-n', 'team-b')
      const token = await kubectl('create', 'token', 'controller', '-n', 'team-b')
      const config = JSON.parse(await readFile(kube.kubeconfig, 'utf8')) as { users: object[] }
      const file = join(await temporaryDirectory(), 'kubeconfig')
      const users = [{ name: 'token', user: { token } }]
      await writeFile(file, JSON.stringify({ ...config, users }))
      const controller = await openKubernetesCluster({ ...shell, kubeconfig: file })
      const deployer = controller.as(DEPLOYER)
      expect(await refusal(whoIs(deployer))).toMatch(
        /as the service account team-a\/deployer: .*User "system:serviceaccount:team-b:controller" cannot impersonate/,
      )
      const one = ['--verb=impersonate', '--resource=serviceaccounts', '--resource-name=deployer']
      await giveRight('impersonator', one, { namespace: 'team-b', name: 'controller' })
      while ((await whoIs(deployer).catch(() => undefined)) === undefined)
        await shell.clock.sleep(100)
      await refusal(whoIs(controller.as({ namespace: 'team-a', name: 'admin' })))
      controller.close()
    },
    RIGHT_LIMIT_MS,
  )
})
