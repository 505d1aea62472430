/**
 * What rendering costs: a mesh of 1,000 services and 10,000 grants from nothing, and after one grant, one endpoint or one pod. The
 * floor is hashing the same bytes once, which versions by content cannot do without. `node bench/render.ts [services] [open]`.
 */
import { hash } from 'node:crypto'
import { toObjectKey } from '../src/model/object-id.ts'
import type { ViewResources } from '../src/render/envoy/envoy-resource.ts'
import { ViewRenderer } from '../src/render/envoy/view-renderer.ts'
import { buildMeshSnapshot } from '../src/render/mesh/build-mesh-snapshot.ts'
import type { MeshSnapshot } from '../src/render/mesh/mesh-snapshot.ts'
import { aGrant, anIntent, type GrantOptions } from '../test/support/intent-builders.ts'
import { anInventory } from '../test/support/inventory-builders.ts'
import { TRUST_DOMAIN } from '../test/support/rendered-mesh.ts'

const SERVICES = Number(process.argv[2] ?? 1000)
const IS_OPEN = process.argv[3] === 'open'
const REPLICAS = 10
const GRANTS_EACH = 10
const NAMESPACES = Array.from({ length: 20 }, (_, n) => `ns${n}`)
const ROUNDS = 15

const names = Array.from({ length: SERVICES }, (_, n) => `ns${n % NAMESPACES.length}/svc${n}`)

function grantsTo(to: string, n: number): readonly GrantOptions[] {
  return Array.from({ length: GRANTS_EACH }, (_, k) => ({
    to,
    name: `g${n}-${k}`,
    from: [names[(n + k * 7 + 1) % SERVICES] ?? ''],
    http: [
      { group: `${to}-routes`, name: `v${k}`, path: `/api/v${k}/.*`, methods: ['GET', 'POST'] },
    ],
  }))
}

const inventory = anInventory({
  services: names.map((name, n) => ({ name, clusterIps: [`198.19.${n >> 8}.${n & 255}`] })),
  pods: names.flatMap((account, n) =>
    Array.from({ length: REPLICAS }, (_, replica) => ({
      account,
      name: `svc${n}-${replica}`,
      ip: `10.${replica}.${n >> 8}.${n & 255}`,
    })),
  ),
})
const intent = anIntent({
  mesh: { permissive: IS_OPEN },
  namespaces: NAMESPACES,
  grants: names.flatMap(grantsTo),
})

const renderer = new ViewRenderer()
const PEM = 'x'.repeat(700)

function renderAll(snapshot: MeshSnapshot): readonly ViewResources[] {
  return Array.from(snapshot.views.values(), (view) =>
    renderer.render({ snapshot, view, trustBundlePem: PEM }),
  )
}

/** CPU milliseconds of this process, which other work on the machine changes least. */
function measure<T>(work: () => T): readonly [T, number] {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  return [result, (user + system) / 1000]
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

type World = Parameters<typeof buildMeshSnapshot>[0]

let world: World = { intent, inventory, trustDomain: TRUST_DOMAIN }
const [first, buildMs] = measure(() => buildMeshSnapshot(world))
const [rendered, renderMs] = measure(() => renderAll(first))
const resources = rendered.flatMap((view) =>
  Object.values(view).flatMap((map) => [...map.values()]),
)
const bytes = resources.reduce((sum, resource) => sum + resource.bytes.length, 0)
const [, floorMs] = measure(() => resources.map((resource) => hash('sha256', resource.bytes)))
let previous = first

/** Each round changes the world a little more, so that no round finds the work of another done. */
function rounds(change: (round: number) => World): readonly [number, number] {
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    world = change(round)
    const [snapshot, built] = measure(() => buildMeshSnapshot({ ...world, previous }))
    const [, drawn] = measure(() => renderAll(snapshot))
    previous = snapshot
    return [built, drawn] as const
  })
  return [median(times.map(([built]) => built)), median(times.map(([, drawn]) => drawn))]
}

const steps: Readonly<Record<string, readonly [number, number]>> = {
  'from nothing': [buildMs, renderMs],
  'one grant more': rounds((round) => {
    const grant = aGrant({
      to: names[5] ?? '',
      name: `more${round}`,
      from: [names[50] ?? ''],
      http: [{}],
    })
    const grants = new Map(world.intent.grants).set(toObjectKey(grant.id), grant)
    return { ...world, intent: { ...world.intent, grants } }
  }),
  'one endpoint unready': rounds((round) => {
    const endpoints = new Map(world.inventory.endpoints)
    const [key, own = []] = [...endpoints][round] ?? []
    if (key !== undefined) endpoints.set(key, own.slice(1))
    return { ...world, inventory: { ...world.inventory, endpoints } }
  }),
  'one pod gone': rounds((round) => {
    const pods = new Map(world.inventory.pods)
    pods.delete([...pods.keys()][round * 11] ?? '')
    return { ...world, inventory: { ...world.inventory, pods } }
  }),
  nothing: rounds(() => world),
}

console.log(
  `${SERVICES} services, ${inventory.pods.size} pods, ${intent.grants.size} grants, ${IS_OPEN ? 'open' : 'closed'}: ` +
    `${first.views.size} views, ${resources.length} resources, ${(bytes / 1e6).toFixed(1)} MB; ` +
    `RSS ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`,
)
console.log(`floor: hashing all of it once ${floorMs.toFixed(1)} ms\n`)
console.log('CPU ms (median)         snapshot   render all views   x floor')
for (const [name, [built, drawn]] of Object.entries(steps)) {
  const ratio = ((built + drawn) / floorMs).toFixed(2)
  console.log(
    `${name.padEnd(22)} ${built.toFixed(1).padStart(9)} ${drawn.toFixed(1).padStart(18)} ${ratio.padStart(9)}`,
  )
}
