/**
 * From a commit's files to the last ACK: the real compiler, renderer and server, simulated proxies in another process over
 * mTLS, beside a bare broadcast of as many bytes to as many streams. `--services 100 --proxies 1,100,1000 --json`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Registry } from 'prom-client'
import { SvidRotation } from '../../src/ca/svid-rotation.ts'
import { MeshSource, type MeshSourceOptions } from '../../src/cli/run/serving/mesh-source.ts'
import { toProxySpiffeId, toSpiffeId, toTrustDomain } from '../../src/model/spiffe-id.ts'
import { PolicyCompiler } from '../../src/policy/policy-compiler.ts'
import {
  RESOURCE_TYPES,
  type ResourceType,
  TYPE_URLS,
  type ViewResources,
} from '../../src/render/envoy/envoy-resource.ts'
import { stringField } from '../../src/xds/wire.ts'
import type { TlsIdentity } from '../../src/xds/xds-credentials.ts'
import { XdsServer } from '../../src/xds/xds-server.ts'
import type { ConnectCommand } from './client-process.ts'
import { FLOOR_PATH, Floor } from './floor.ts'
import { BenchMesh, type BenchProxy, type Change } from './mesh.ts'
import { Pki } from './pki.ts'
import type { Ask, RawClientOptions } from './raw-client.ts'
import { printTable, type Row, summarise } from './report.ts'
import type { Round } from './round.ts'
import { clock, entropy, log } from './system-ports.ts'

const ADS_PATH = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources'
const REPOSITORY = 'policies'
/** Nothing is handed over. */
const DECLARED: MeshSourceOptions['weights'] = {
  isKnown: () => true,
  in: (declared) => declared,
  onChange: () => undefined,
}
const DAY_MS = 86_400_000
const WARM_UP = 3
const IDLE_MS = 25
const CHANGES: readonly Change[] = ['one service', 'every service']
const NEVER = new AbortController().signal
const trustDomain = toTrustDomain('cluster.local')

const { values: flags } = parseArgs({
  options: {
    services: { type: 'string', default: '100' },
    proxies: { type: 'string', default: '1,100,1000' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
})

/** The control plane under test, joined as `plumb run` joins it. */
class World {
  readonly registry = new Registry()
  readonly mesh: BenchMesh
  readonly source: MeshSource
  readonly server: XdsServer
  readonly #compiler = new PolicyCompiler()

  constructor(mesh: BenchMesh, pki: Pki, identity: TlsIdentity) {
    const svids = new SvidRotation({
      ...{ authority: pki.authority, trustDomain, clock, entropy, log },
      validityMs: () => DAY_MS,
    })
    this.mesh = mesh
    this.source = new MeshSource({
      ...{ trustDomain, svids, weights: DECLARED },
      trustBundlePem: () => pki.rootsPem.join(''),
      publish: (of) => this.server.publish(of),
      republish: () => this.server.republish(),
    })
    this.server = new XdsServer({
      ...{ source: this.source, trustDomain, clock, log, registry: this.registry },
      credentials: { type: 'mtls', server: identity },
      limits: { maxConnectionsPerAddress: 100_000, newStreamsBurst: 100_000 },
    })
    this.source.setRepositories(new Set([REPOSITORY]))
    this.source.setInventory(mesh.inventory)
  }

  /** Compiles and serves the next commit; resolves when it is enforced. */
  async commit(change: Change | 'none'): Promise<Round> {
    const { commit, files } = this.mesh.commit(change)
    const before = await this.sent()
    const cpu = process.cpuUsage()
    const start = performance.now()
    const compiled = this.#compiler.compile({ commit, files, root: '' })
    if (compiled.type === 'invalid') throw new Error(JSON.stringify(compiled.problems[0]))
    const compileMs = performance.now() - start
    this.source.setIntent(REPOSITORY, compiled.intent)
    const { state, touched, elapsedMs } = await this.server.settled(
      { repository: REPOSITORY, commit },
      NEVER,
    )
    const totalMs = performance.now() - start
    if (state !== 'enforced') throw new Error(`a commit ended ${state}`)
    const { user, system } = process.cpuUsage(cpu)
    const after = await this.sent()
    const messages = after.messages - before.messages
    const bytes = after.bytes - before.bytes
    return {
      totalMs,
      compileMs,
      ackMs: elapsedMs,
      touched,
      messages,
      bytes,
      cpuMs: (user + system) / 1_000,
    }
  }

  async sent(): Promise<{ readonly messages: number; readonly bytes: number }> {
    const total = async (name: string): Promise<number> => {
      const metric = await this.registry.getSingleMetric(name)?.get()
      return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0
    }
    return {
      messages: await total('plumbline_xds_pushes_total'),
      bytes: await total('plumbline_xds_sent_bytes_total'),
    }
  }

  async converged(proxies: number): Promise<void> {
    const isDone = (): boolean => {
      const list = this.server.proxies()
      return list.length === proxies && list.every(({ converged }) => converged)
    }
    while (!isDone()) await clock.sleep(50)
  }

  asksOf(proxy: BenchProxy): readonly Ask[] {
    const spiffeId = toSpiffeId(trustDomain, proxy.account)
    const admission = this.source.admit({ ...proxy, spiffeId })
    if (admission.type !== 'admitted') throw new Error(admission.reason)
    const view = this.source.resources(admission.view)
    return RESOURCE_TYPES.map((type) => ({
      typeUrl: TYPE_URLS[type],
      request: askFor(type, namesOf(view, type, proxy)),
    }))
  }
}

function namesOf(
  view: ViewResources,
  type: ResourceType,
  { account }: BenchProxy,
): readonly string[] {
  if (type === 'cluster' || type === 'listener') return []
  const own = type === 'secret' ? [`service-cert:${account.namespace}/${account.name}`] : []
  return [...view[type].keys(), ...own]
}

/** DiscoveryRequest: resource_names = 3, type_url = 4. */
function askFor(type: ResourceType, names: readonly string[]): Buffer {
  return Buffer.concat([
    ...names.map((name) => stringField(3, name)),
    stringField(4, TYPE_URLS[type]),
  ])
}

async function connect(child: ChildProcess, clients: readonly RawClientOptions[]): Promise<void> {
  const command: ConnectCommand = { clients }
  child.send(command)
  await once(child, 'message')
}

/** Rounds of ours and of the floor take turns, so that a slow moment of the machine is both's. */
async function measure(
  proxies: number,
  services: number,
  rounds: number,
  pki: Pki,
): Promise<readonly Row[]> {
  const identity = await pki.identity(
    toSpiffeId(trustDomain, { namespace: 'plumbline', name: 'xds' }),
  )
  const world = new World(new BenchMesh(services, proxies), pki, identity)
  const floor = new Floor()
  const child = fork(join(import.meta.dirname, 'client-process.ts'))
  const onExit = (code: number | null): void => {
    if (code !== 0) process.exit(1)
  }
  child.on('exit', onExit)
  try {
    const { port } = await world.server.listen({ host: '127.0.0.1', port: 0 })
    await world.commit('none')
    const clients = await clientsOf(world, world.mesh.proxies.slice(0, proxies), pki, port)
    await connect(child, clients)
    await world.converged(proxies)
    const rssMb = process.memoryUsage.rss() / 2 ** 20
    const floorPort = await floor.listen(identity)
    await connect(
      child,
      clients.map((client) => toFloor(client, floorPort)),
    )
    while (floor.streams < proxies) await clock.sleep(20)
    const rows: Row[] = []
    for (const change of CHANGES)
      rows.push({ proxies, change, rssMb, ...(await alternate(world, floor, change, rounds)) })
    return rows
  } finally {
    child.off('exit', onExit)
    child.kill()
    floor.close()
    await world.server.close(AbortSignal.abort())
  }
}

async function alternate(world: World, floor: Floor, change: Change, rounds: number) {
  const ours: Round[] = []
  const floors: number[] = []
  for (let round = -WARM_UP; round < rounds; round++) {
    // Commits come minutes apart; back to back, the server would rightly take them for a storm and wait for quiet.
    await clock.sleep(IDLE_MS)
    const one = await world.commit(change)
    const streams = Math.max(1, one.touched)
    const messages = Math.max(1, Math.round(one.messages / streams))
    const message = Buffer.alloc(Math.round(one.bytes / (streams * messages)))
    // A response the raw client can read: one field 2 that fills it.
    filler(message)
    const floorMs = await floor.broadcast(streams, messages, message)
    if (round < 0) continue
    ours.push(one)
    floors.push(floorMs)
  }
  return summarise(ours, floors)
}

/** Makes the whole buffer one length-delimited field 2, with a length in five bytes. */
function filler(message: Buffer): void {
  let left = message.length - 6
  message[0] = 0x12
  for (let at = 1; at <= 5; at++) {
    message[at] = (left & 0x7f) | (at < 5 ? 0x80 : 0)
    left = Math.floor(left / 128)
  }
}

async function clientsOf(
  world: World,
  proxies: readonly BenchProxy[],
  pki: Pki,
  port: number,
): Promise<readonly RawClientOptions[]> {
  return Promise.all(
    proxies.map(async (proxy) => {
      const id = toProxySpiffeId(trustDomain, proxy.account, proxy.proxyUid)
      const { chainPem, keyPem } = await pki.identity(id)
      const rootPem = pki.rootsPem.join('')
      const asks = world.asksOf(proxy)
      return { port, path: ADS_PATH, certPem: chainPem, keyPem, rootPem, asks }
    }),
  )
}

/** The floor's clients ACK with as many bytes as a proxy's route ACK. */
function toFloor(client: RawClientOptions, port: number): RawClientOptions {
  const route = client.asks.find(({ typeUrl }) => typeUrl === TYPE_URLS.route)
  return { ...client, port, path: FLOOR_PATH, asks: route ? [{ ...route, typeUrl: '' }] : [] }
}

const rows: Row[] = []
const pki = await Pki.open(trustDomain)
for (const proxies of flags.proxies.split(',').map(Number))
  rows.push(...(await measure(proxies, Number(flags.services), Number(flags.rounds), pki)))
if (flags.json)
  console.log(JSON.stringify({ node: process.version, services: Number(flags.services), rows }))
else printTable(rows, Number(flags.services), Number(flags.rounds))
process.exit(0)
