/** The example's workloads in a real lab: what the cluster is told, what requests meet, and what happens when things end. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findEnvoy } from '../../src/lab/envoy-binary.ts'
import type { LabPod } from '../../src/lab/lab.ts'
import { tryProgram } from '../../src/lab/run-program.ts'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import { anAuthority, aSigningRequest, NEVER } from '../ca/an-authority.ts'
import { labTrouble } from './lab/lab-trouble.ts'

const trouble = await labTrouble()
const folder = join(import.meta.dirname, 'lab')
type Line = Readonly<Record<string, unknown>>

let directory: string
let lab: ChildProcessWithoutNullStreams
const lines: Line[] = []

beforeAll(async () => {
  if (trouble) return
  directory = await mkdtemp(join(tmpdir(), 'plumbline-lab-'))
  const envoy = await findEnvoy({ environment: process.env, fetch: true, progress: console.log })
  const certificate = join(directory, 'cert.pem')
  // Issued at the fake clock's moment, half a year ago: due for renewal every five seconds.
  const { chainPem } = await (await anAuthority()).issue(aSigningRequest(), NEVER)
  await writeFile(certificate, chainPem)
  const program = join(folder, 'bookstore-scenario.ts')
  lab = spawn(process.execPath, [program, 'policies-example/workloads', certificate], {
    env: { ...process.env, ENVOY: envoy.path },
  })
  lab.stderr.pipe(process.stderr)
  createInterface(lab.stdout).on('line', (line) => lines.push(JSON.parse(line)))
  await answer('ready')
}, 120_000)
afterAll(async () => {
  lab?.kill('SIGKILL')
  if (directory) await rm(directory, { recursive: true })
})

/** The answer to the order that was given last. */
async function answer<T>(did: string): Promise<T> {
  const found = () => lines.findLast((line) => line['did'] === did)
  await vi.waitFor(() => expect(found()).toBeDefined(), { timeout: 30_000, interval: 20 })
  const line = found()!
  lines.splice(lines.indexOf(line), 1)
  return line['answer'] as T
}

async function order<T>(order: { readonly do: string } & Line): Promise<T> {
  lab.stdin.write(`${JSON.stringify(order)}\n`)
  return await answer(order.do)
}

interface Outcome {
  readonly status?: number
  readonly code?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

function request(from: string, url: string): Promise<Outcome> {
  return order({ do: 'request', from, url })
}

async function pods(): Promise<readonly LabPod[]> {
  return await order({ do: 'pods' })
}

async function objects(kind: 'Pod' | 'EndpointSlice'): Promise<readonly KubernetesObject[]> {
  return (await order<{ items: readonly KubernetesObject[] }>({ do: 'list', kind })).items
}

function exec(pod: string, ...argv: readonly string[]) {
  const args = [join(folder, 'exec-scenario.ts'), `lab-${lab.pid}`, pod, ...argv]
  return tryProgram([process.execPath, ...args], { environment: process.env })
}

describe.skipIf(trouble)('the bookstore in a lab', () => {
  it('gives pods of enrolled namespaces a sidecar, and says why the others have none', async () => {
    const sidecars = (await pods()).map((pod) => [pod.name, pod.proxyUid !== undefined, pod.ready])
    expect(sidecars).toEqual([
      ['bookbuyer-0', false, true],
      ['bookstore-v1-0', true, true],
      ['bookstore-v2-0', true, true],
      ['bookthief-0', false, true],
      ['bookwarehouse-0', true, true],
    ])
    expect(lines).toContainEqual({
      log: 'info',
      sentence: 'pod runs without a sidecar',
      pod: 'bookthief/bookthief-0',
      reason: 'namespace bookthief is not enrolled (label openservicemesh.io/monitored-by)',
    })
  })

  it('asks for bootstraps until the control plane answers', () => {
    const sentence = 'the control plane gave no bootstrap; asking again'
    expect(lines.filter((line) => line['sentence'] === sentence).length).toBe(2)
  })

  it('tells the cluster which pod each address is, with the uid of its proxy', async () => {
    const told = (await objects('Pod')).map((pod) => [
      pod.metadata.name,
      pod.metadata.labels?.['osm-proxy-uuid'],
      (pod['status'] as { podIP: string }).podIP,
    ])
    const known = (await pods()).map((pod) => [pod.name, pod.proxyUid, pod.address])
    expect(told.toSorted()).toEqual(known.toSorted())
  })

  it('fills each service’s endpoints with the ready pods it selects', async () => {
    const slices = (await objects('EndpointSlice')).map((slice) => [
      slice.metadata.labels?.['kubernetes.io/service-name'],
      (slice['endpoints'] as readonly { addresses: string[]; conditions: { ready: boolean } }[])
        .filter((endpoint) => endpoint.conditions.ready)
        .flatMap((endpoint) => endpoint.addresses),
    ])
    expect(Object.fromEntries(slices)).toEqual({
      bookstore: ['198.18.0.3', '198.18.0.4'],
      'bookstore-v1': ['198.18.0.3'],
      'bookstore-v2': ['198.18.0.4'],
      bookwarehouse: ['198.18.0.6'],
    })
  })

  it('carries a sale through the bookstore’s Envoy to the warehouse, and answers 404 for other pages', async () => {
    const store = 'http://bookstore-v1.bookstore:14001'
    const sale = await request('bookbuyer/bookbuyer', `${store}/buy-a-book/new`)
    expect([sale.status, sale.headers?.['bookstore'], sale.headers?.['server']]).toEqual([
      200,
      'v1',
      'envoy',
    ])
    expect(JSON.parse(sale.body ?? '')).toMatchObject({ bookstore: 'v1', restocked: true })
    expect((await request('bookthief/bookthief-0', `${store}/cellar`)).status).toBe(404)
  })

  it('shares a ClusterIP’s connections between both versions', async () => {
    const url = 'http://bookstore.bookstore:14001/books-bought'
    const answers = []
    for (let i = 0; i < 40; i++)
      answers.push((await request('bookbuyer/bookbuyer', url)).headers?.['bookstore'])
    // 40 fair coins fall on one side once in 5e11 runs.
    expect(new Set(answers)).toEqual(new Set(['v1', 'v2']))
  }, 30_000)

  it('runs commands in a pod from outside, as the pod’s own user, and passes on their status', async () => {
    const { status, stdout } = await exec(
      'bookstore/bookstore-v1',
      'sh',
      '-c',
      'hostname; id -u; pwd; exit 5',
    )
    expect([status, stdout]).toEqual([5, 'bookstore-v1-0\n10002\n/run/plumbline/workloads\n'])
  })

  it('starts a pod’s program again when it dies, and its service answers again', async () => {
    const ended = () => lines.filter((line) => line['sentence'] === 'container ended')
    // Every process of this uid but the killer: the workload, and not Envoy.
    await exec('bookstore/bookstore-v2', 'sh', '-c', 'kill -9 -1')
    const expected = [{ pod: 'bookstore/bookstore-v2-0', how: 'signal SIGKILL' }]
    await vi.waitFor(() => expect(ended()).toMatchObject(expected), { timeout: 10_000 })
    const url = 'http://bookstore-v2.bookstore:14001/books-bought'
    await vi.waitFor(
      async () => expect((await request('bookbuyer/bookbuyer', url)).status).toBe(200),
      {
        timeout: 10_000,
      },
    )
  }, 30_000)

  it('puts a Pod object back that somebody deleted: the pod still runs', async () => {
    const uidOf = async () =>
      (await objects('Pod')).find((pod) => pod.metadata.name === 'bookbuyer-0')?.metadata.uid
    const before = await uidOf()
    await order({ do: 'delete', namespace: 'bookbuyer', name: 'bookbuyer-0' })
    await vi.waitFor(async () => expect([undefined, before]).not.toContain(await uidOf()), {
      timeout: 10_000,
    })
  }, 30_000)

  it('asks for a fresh bootstrap before the certificate is due', async () => {
    const asked = () => lines.filter((line) => 'asked' in line).length
    const before = asked()
    await vi.waitFor(() => expect(asked()).toBeGreaterThanOrEqual(before + 3), { timeout: 15_000 })
  }, 30_000)

  it('ends on SIGTERM with status 0, its objects gone from the cluster', async () => {
    lab.kill('SIGTERM')
    expect(await once(lab, 'exit')).toEqual([0, null])
    expect(await answer('end')).toEqual([])
  }, 30_000)
})
