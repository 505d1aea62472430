/**
 * Run by lab-pods.test.ts as a program of its own: the example's workloads in a lab, on an embedded cluster in the same process.
 * Only the bookstore and its warehouse are enrolled; their Envoys pass everything on (static-envoy.ts), as this suite is about
 * the lab and not about policy. Speaks JSON lines: takes `{ do, ... }`, answers `{ did, answer }`; says `{ log, ... }` and `{ asked }`.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { enterLab, type LabPlace, labPlace } from '../../../src/lab/enter-lab.ts'
import { findEnvoy } from '../../../src/lab/envoy-binary.ts'
import { chooseIsolation } from '../../../src/lab/isolation.ts'
import { Lab } from '../../../src/lab/lab.ts'
import { furnishMachine } from '../../../src/lab/machine.ts'
import { withSystemPath } from '../../../src/lab/prerequisites.ts'
import { readWorkloads } from '../../../src/lab/workloads/read-workloads.ts'
import { openEmbeddedCluster } from '../../../src/reconciler/cluster-embedded.ts'
import { staticEnvoy } from './static-envoy.ts'

const environment = withSystemPath(process.env)
const [workloadsDirectory = '', certificateFile = ''] = process.argv.slice(2)
const clock = {
  now: () => Date.now() as never,
  monotonic: () => performance.now(),
  sleep: (span: number, signal?: AbortSignal) =>
    setTimeout(span, undefined, { ...(signal && { signal }) }).catch(() => {}),
}
const entropy = { bytes: (length: number) => randomBytes(length) }
const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`)
const log = {
  debug: () => {},
  info: (sentence: string, fields?: object) => say({ log: 'info', sentence, ...fields }),
  warn: (sentence: string, fields?: object) => say({ log: 'warn', sentence, ...fields }),
  error: (sentence: string, fields?: object) => say({ log: 'error', sentence, ...fields }),
}
const POD = { group: '', version: 'v1', kind: 'Pod' }
const SLICE = { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice' }

interface Order {
  readonly do: string
  readonly from?: string
  readonly url?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
}

async function openCluster() {
  // On the lab's own tmpfs: it vanishes with the lab.
  const directory = '/run/plumbline/cluster'
  const cluster = await openEmbeddedCluster({ directory, clock, entropy, log })
  for (const name of ['bookstore', 'bookwarehouse'])
    await cluster.apply(
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name,
          labels: { 'openservicemesh.io/monitored-by': 'plumbline' },
          annotations: { 'openservicemesh.io/sidecar-injection': 'enabled' },
        },
      },
      { fieldManager: 'test', force: false, dryRun: false },
    )
  return cluster
}

async function inside(place: LabPlace): Promise<void> {
  const envoy = await findEnvoy({ environment, fetch: false, progress: () => {} })
  const nodePath = process.execPath
  const machine = await furnishMachine(place, {
    envoyPath: envoy.path,
    nodePath,
    workloadsDirectory,
    environment,
  })
  const cluster = await openCluster()
  let outages = 2
  const lab = await Lab.open({
    machine,
    workloads: await readWorkloads(workloadsDirectory),
    controlPlane: {
      cluster,
      policyApplied: () => Promise.resolve(),
      requestBootstrap: (pod) => {
        if (outages-- > 0) return Promise.reject(new Error('out of reach'))
        say({ asked: pod })
        const config = JSON.parse(staticEnvoy({ port: 14_001 })) as object
        return Promise.resolve([
          { name: 'sds_cert.pem', mode: 0o644, content: readFileSync(certificateFile, 'utf8') },
          { name: 'bootstrap.json', mode: 0o600, content: JSON.stringify(config) },
        ])
      },
    },
    controlNamespace: 'plumbline-system',
    ...{ clock, entropy, log },
  })
  const end = new AbortController()
  process.once('SIGTERM', () => end.abort())
  const running = lab.run(end.signal)
  await lab.ready(AbortSignal.any([end.signal, AbortSignal.timeout(20_000)]))
  say({ did: 'ready', answer: lab.pods })
  const orders: Readonly<Record<string, (order: Order) => Promise<unknown>>> = {
    request: ({ from = '', url = '' }) => lab.request(from, { url }),
    list: ({ kind }) => cluster.list(kind === 'Pod' ? POD : SLICE),
    delete: ({ name = '', namespace = '' }) => cluster.delete({ ...POD, name, namespace }),
    pods: () => Promise.resolve(lab.pods),
  }
  createInterface(process.stdin).on('line', (line) => {
    const order = JSON.parse(line) as Order
    void orders[order.do]?.(order).then((answer) => say({ did: order.do, answer }))
  })
  await running
  say({ did: 'end', answer: (await cluster.list(POD)).items })
  await cluster.close()
  process.exit(0)
}

const place = labPlace(process.env)
if (place) {
  await inside(place)
} else {
  const isolation = await chooseIsolation({ environment, root: process.getuid?.() === 0 })
  const argv = [process.execPath, ...process.argv.slice(1)]
  process.exit(await enterLab({ isolation, environment, argv }))
}
