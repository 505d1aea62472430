/** Which cluster a command talks to, and what it says when there is none. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastify from 'fastify'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openCommandCluster } from '../../src/cli/cluster-connection.ts'
import type { ClusterFlags } from '../../src/cli/cluster-flags.ts'
import { socketPath } from '../../src/cli/run/run-options.ts'
import { clusterApi } from '../../src/reconciler/cluster-api-server.ts'
import { NAMESPACE } from '../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { aFakeApiServer, json } from '../support/fake-api-server.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { SeededEntropy } from '../support/seeded-entropy.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const shell = { clock: new FakeClock(), entropy: new SeededEntropy(), log: new RecordingLogger() }

afterEach(() => {
  vi.unstubAllEnvs()
})

/** A person's home with no kubeconfig in it, and the state directory of the control plane. */
async function aHome(): Promise<{ readonly state: string; readonly data: string }> {
  const home = await temporaryDirectory()
  vi.stubEnv('HOME', home)
  vi.stubEnv('KUBECONFIG', undefined)
  vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined)
  const data = join(home, 'plumbline')
  await mkdir(data)
  return { state: home, data }
}

async function open(flags: ClusterFlags, state: string) {
  const opened = await openCommandCluster(flags, shell, { XDG_STATE_HOME: state })
  onTestFinished(() => opened.close())
  return opened
}

/** The socket of a control plane that runs in the data directory. */
async function serve(data: string, runsOn: 'embedded' | 'kubernetes'): Promise<void> {
  const server = fastify({ forceCloseConnections: true })
  server.get('/status', () => ({}))
  if (runsOn === 'embedded')
    await server.register(clusterApi(await anEmbeddedCluster({ namespaces: ['embedded'] })))
  await server.listen({ path: socketPath(data) })
  onTestFinished(async () => await server.close())
}

async function aKubernetes(): Promise<string> {
  const namespaces = { metadata: { resourceVersion: '1' }, items: [{ metadata: { name: 'kube' } }] }
  return await (await aFakeApiServer(json(200, namespaces))).kubeconfig()
}

async function namespaceOf({ cluster }: Awaited<ReturnType<typeof open>>) {
  return (await cluster.list(NAMESPACE)).items.map(({ metadata }) => metadata.name)
}

describe('the cluster of a command', () => {
  it('is the embedded one where its control plane answers, whatever kubectl would find', async () => {
    const { state, data } = await aHome()
    vi.stubEnv('KUBECONFIG', await aKubernetes())
    await serve(data, 'embedded')
    const opened = await open({}, state)
    expect(await namespaceOf(opened)).toEqual(['embedded'])
    expect(opened.where).toBe(`the embedded cluster at ${socketPath(data)}`)
  })

  it('is Kubernetes as kubectl finds it where no control plane answers', async () => {
    const { state, data } = await aHome()
    vi.stubEnv('KUBECONFIG', await aKubernetes())
    const opened = await open({}, state)
    expect(await namespaceOf(opened)).toEqual(['kube'])
    expect(opened.where).toContain(`because no control plane answers at ${socketPath(data)}`)
  })

  it('is Kubernetes where the control plane of this machine governs one', async () => {
    const { state, data } = await aHome()
    vi.stubEnv('KUBECONFIG', await aKubernetes())
    await serve(data, 'kubernetes')
    const opened = await open({}, state)
    expect(await namespaceOf(opened)).toEqual(['kube'])
    expect(opened.where).toContain('governs a Kubernetes cluster')
  })

  it('is the one that a flag names', async () => {
    const { state, data } = await aHome()
    const kubeconfig = await aKubernetes()
    await serve(data, 'embedded')
    expect(await namespaceOf(await open({ kubeconfig }, state))).toEqual(['kube'])
    expect(await namespaceOf(await open({ data }, '/nowhere'))).toEqual(['embedded'])
    vi.stubEnv('KUBECONFIG', kubeconfig)
    expect(await namespaceOf(await open({ cluster: 'kubernetes' }, state))).toEqual(['kube'])
    expect(await namespaceOf(await open({ context: 'one' }, state))).toEqual(['kube'])
    expect(await namespaceOf(await open({ cluster: 'embedded' }, state))).toEqual(['embedded'])
  })
})

describe('without a cluster', () => {
  it('names both ways to one', async () => {
    const { state, data } = await aHome()
    await expect(open({}, state)).rejects.toThrow(
      `there is no cluster to talk to: no control plane answers at ${socketPath(data)}, and `,
    )
    await expect(open({}, state)).rejects.toThrow(/--kubeconfig\. .* plumb run, .* --data$/)
  })

  it('says of a kubeconfig that is named what is wrong with it', async () => {
    const { state } = await aHome()
    const kubeconfig = join(state, 'broken')
    await writeFile(kubeconfig, '{')
    await expect(open({ kubeconfig }, state)).rejects.toThrow(`${kubeconfig} cannot be read`)
  })

  it('does not look elsewhere when the embedded one was asked for', async () => {
    const { state, data } = await aHome()
    vi.stubEnv('KUBECONFIG', await aKubernetes())
    await expect(open({ cluster: 'embedded' }, state)).rejects.toThrow(
      `no control plane answers at ${socketPath(data)}; start one with plumb run`,
    )
    await expect(open({ data: '/nowhere' }, state)).rejects.toThrow(
      'answers at /nowhere/plumb.sock',
    )
    await serve(data, 'kubernetes')
    await expect(open({ data }, state)).rejects.toThrow('governs a Kubernetes cluster; name that')
  })

  it.each([
    [{ cluster: 'embedded', kubeconfig: 'x' }, '--kubeconfig names a Kubernetes cluster, and'],
    [{ cluster: 'embedded', context: 'x' }, '--context names a Kubernetes cluster, and'],
    [{ data: 'x', context: 'y' }, '--data names an embedded cluster, and --context'],
    [{ data: 'x', cluster: 'kubernetes' }, '--data names an embedded cluster, and --cluster'],
  ] as const)('refuses flags that contradict each other: %j', async (flags, message) => {
    await expect(open(flags, '/nowhere')).rejects.toThrow(message)
  })
})
