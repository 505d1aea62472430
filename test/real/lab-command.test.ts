/** `plumb lab` as people start it, beside a control plane that only has a cluster: no namespace is enrolled. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import fastify from 'fastify'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { findEnvoy } from '../../src/lab/envoy-binary.ts'
import { tryProgram } from '../../src/lab/run-program.ts'
import { clusterApi } from '../../src/reconciler/cluster-api-server.ts'
import { anEmbeddedCluster } from '../support/embedded-cluster.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { labTrouble } from './lab/lab-trouble.ts'

const trouble = await labTrouble()
const program = join(import.meta.dirname, 'lab', 'lab-command.ts')
let environment: NodeJS.ProcessEnv

beforeAll(async () => {
  if (trouble) return
  const { path } = await findEnvoy({ environment: process.env, fetch: true, progress: console.log })
  environment = { ...process.env, ENVOY: path }
}, 120_000)

async function aControlPlane() {
  const cluster = await anEmbeddedCluster()
  const socket = join(await temporaryDirectory(), 'plumb.sock')
  const app = fastify({ forceCloseConnections: true })
  await app.register(clusterApi(cluster))
  app.get('/status', () => ({ ready: true, repositories: [{ history: [{ appliedAt: 1 }] }] }))
  await app.listen({ path: socket })
  onTestFinished(() => app.close())
  return { cluster, socket }
}

function plumb(...args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [program, ...args], { env: environment })
}

function plumbToEnd(...args: readonly string[]) {
  return tryProgram([process.execPath, program, ...args], { environment })
}

describe.skipIf(trouble)('plumb lab', () => {
  it('runs the example, lists its pods, runs commands in them, and ends on Ctrl-C with status 0', async () => {
    const { cluster, socket } = await aControlPlane()
    const lab = plumb('lab', '--socket', socket, '--xds-port', '1')
    onTestFinished(() => void lab.kill('SIGKILL'))
    const printed = text(lab.stdout)
    const complaints = text(lab.stderr)
    const name = `lab-${lab.pid}`
    const list = async () => (await cluster.list({ group: '', version: 'v1', kind: 'Pod' })).items
    await vi.waitFor(async () => expect(await list()).toHaveLength(5), { timeout: 20_000 })

    const { stdout } = await plumbToEnd('lab', 'pods')
    expect(stdout.split('\n').filter((line) => line.startsWith(`${name} `))).toHaveLength(5)
    const ask = `fetch('http://bookstore.bookstore:14001/books-bought').then((r) => console.log(r.status))`
    const inPod = ['lab', 'exec', '--lab', name, 'bookbuyer/bookbuyer', '--', 'node', '-e', ask]
    await vi.waitFor(async () => expect((await plumbToEnd(...inPod)).stdout).toBe('200\n'), {
      timeout: 10_000,
    })

    lab.kill('SIGINT')
    expect(await once(lab, 'exit')).toEqual([0, null])
    expect(await list()).toEqual([])
    expect((await printed).split('\n').slice(-6)).toEqual([
      expect.stringMatching(/^bookstore\/bookstore-v1-0 +198\.18\.0\.3 +no sidecar$/),
      expect.stringMatching(/^bookstore\/bookstore-v2-0 /),
      expect.stringMatching(/^bookthief\/bookthief-0 /),
      expect.stringMatching(/^bookwarehouse\/bookwarehouse-0 /),
      expect.stringContaining(`${name} is ready`),
      '',
    ])
    expect(await complaints).toContain('pod runs without a sidecar')
  }, 60_000)

  it('says in one sentence that there is no control plane', async () => {
    const { status, stderr } = await plumbToEnd('lab', '--socket', '/nowhere/plumb.sock')
    expect([status, stderr]).toEqual([
      2,
      'plumb: there is no control plane at /nowhere/plumb.sock; start one with plumb run, or name its folder with --data\n',
    ])
  })

  it('says which folder it could not read, before any pod is made', async () => {
    const { socket } = await aControlPlane()
    const { status, stderr } = await plumbToEnd(
      'lab',
      '--socket',
      socket,
      '--workloads',
      '/nowhere',
    )
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /^plumb: the workloads folder \/nowhere cannot be read: .*--workloads\n$/,
    )
  }, 30_000)

  it('refuses a command in a pod that is not', async () => {
    const { status, stderr } = await plumbToEnd('lab', 'exec', 'no/pod', '--', 'true')
    expect(status).toBe(2)
    expect(stderr).toMatch(/^plumb: no running lab of this user has a pod no\/pod; there is: /)
  })
})
