/** The law of incremental building: by whatever way a world was reached, its snapshot and its resources are what they are at once. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ViewRenderer } from '../../../src/render/envoy/view-renderer.ts'
import type { MeshSnapshot } from '../../../src/render/mesh/mesh-snapshot.ts'
import { anEnrollment, anIntent } from '../../support/intent-builders.ts'
import { anInventory } from '../../support/inventory-builders.ts'
import { RenderedMesh } from '../../support/rendered-mesh.ts'

const ACCOUNTS = ['a/one', 'a/two', 'b/one'] as const
const SERVICES = ['a/x', 'a/y', 'b/x'] as const

const anyPod = fc.record({
  account: fc.constantFrom(...ACCOUNTS),
  name: fc.constantFrom('p', 'q'),
  labels: fc.constantFrom({ app: 'x' }, { app: 'y' }, {}),
  ready: fc.boolean(),
  annotations: fc.constantFrom({}, { 'prometheus.io/scrape': 'true' }),
  hostname: fc.constantFrom(undefined, 'h'),
  namedPorts: fc.constantFrom({ web: 8080 }, { web: 8081 }),
})

const anyService = fc.record({
  name: fc.constantFrom(...SERVICES),
  clusterIps: fc.constantFrom([], ['198.19.0.1']),
  ports: fc.constantFrom(
    [{ port: 80 }],
    [{ port: 80, targetPort: 'web' }],
    [{ port: 90, name: 'tcp-raw' }],
  ),
  /** The pod that a service without a selector points at by hand. */
  pointsAt: fc.constantFrom(undefined, undefined, ...ACCOUNTS),
})

const anyWorld = fc
  .record({
    permissive: fc.boolean(),
    egressPassthrough: fc.boolean(),
    enrolled: fc.subarray(['a', 'b'], { minLength: 1 }),
    access: fc.constantFrom('inherit' as const, 'strict' as const, 'permissive' as const),
    services: fc.uniqueArray(anyService, { selector: ({ name }) => name }),
    pods: fc.uniqueArray(anyPod, { selector: ({ account, name }) => `${account} ${name}` }),
    grants: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('g', 'h'),
        to: fc.constantFrom(...ACCOUNTS),
        from: fc.subarray([...ACCOUNTS]),
        http: fc.constantFrom([], [{ path: '/a' }], [{ path: '/b', name: 'b' }]),
        tcp: fc.constantFrom('any' as const, [90]),
      }),
      { selector: ({ name, to }) => `${name} ${to.slice(0, 1)}` },
    ),
    weight: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ permissive, egressPassthrough, enrolled, access, services, pods, grants, weight }) => ({
    intent: anIntent({
      mesh: { permissive, egressPassthrough },
      namespaces: ['a', 'b'].map((name) =>
        anEnrollment(name, { enrolled: enrolled.includes(name) }),
      ),
      meshPolicies: { a: { access } },
      grants,
      splits: weight === 0 ? [] : [{ root: 'a/x', backends: { x: weight, y: 1 } }],
    }),
    inventory: anInventory({
      services: services.map(({ pointsAt, ...service }) =>
        pointsAt === undefined ? service : { ...service, selector: {} },
      ),
      endpoints: Object.fromEntries(
        services.flatMap(({ name, pointsAt }) => {
          if (pointsAt === undefined) return []
          const podUid = `pod-${pointsAt.replace('/', '-')}-p`
          return [[name, [{ address: '198.18.7.7', ports: new Map(), ready: true, podUid }]]]
        }),
      ),
      pods: pods.map(({ hostname, name, ...pod }) => ({
        ...pod,
        name: `${pod.account.slice(2)}-${name}`,
        ...(hostname !== undefined && { hostname: `${hostname}-${name}` }),
      })),
    }),
  }))

/** Everything a snapshot says and everything that is rendered of it; the ways by which it was reached are not part of it. */
function whole(mesh: RenderedMesh): unknown {
  const { snapshot } = mesh
  const views = [...snapshot.views.values()]
  const resources = new Map(views.map((view) => [view.key, mesh.resources(view)]))
  return { snapshot, resources }
}

const FACETS = ['mesh', 'namespaces', 'meshPolicies', 'grants', 'splits'] as const
const PARTS = ['services', 'pods', 'endpoints'] as const

interface World {
  readonly intent: ReturnType<typeof anIntent>
  readonly inventory: ReturnType<typeof anInventory>
}

/** `old`: the very same object; `new`: nothing of it; `merged`: a new map in which entries of the old one are the very same. */
type Choice = 'old' | 'new' | 'merged'

const anyStep = fc.record({
  world: anyWorld,
  choices: fc.array(fc.constantFrom<Choice>('old', 'old', 'new', 'merged'), {
    minLength: FACETS.length + PARTS.length,
    maxLength: FACETS.length + PARTS.length,
  }),
})

function choose<T>(choice: Choice | undefined, before: T, after: T): T {
  if (choice === 'old') return before
  if (choice !== 'merged' || !(before instanceof Map) || !(after instanceof Map)) return after
  const merged = [...after].map(([key, value]) => [key, before.get(key) ?? value] as const)
  return new Map(merged) as T
}

/** What a cluster and a repository do: most of the world is the same object as before. */
function step(
  before: World,
  { world, choices }: { world: World; choices: readonly Choice[] },
): World {
  const facet = (name: (typeof FACETS)[number], index: number): object => ({
    [name]: choose(choices[index], before.intent[name], world.intent[name]),
  })
  const part = (name: (typeof PARTS)[number], index: number): object => ({
    [name]: choose(choices[FACETS.length + index], before.inventory[name], world.inventory[name]),
  })
  return {
    intent: Object.assign({ ...world.intent }, ...FACETS.map(facet)),
    inventory: Object.assign({ ...world.inventory }, ...PARTS.map(part)),
  }
}

it('is the same whether it was reached step by step or at once', () => {
  const steps = fc.array(anyStep, { minLength: 2, maxLength: 6 })
  fc.assert(
    fc.property(anyWorld, steps, (first, following) => {
      const renderer = new ViewRenderer()
      let world: World = first
      let previous: MeshSnapshot = new RenderedMesh(world, renderer).snapshot
      for (const change of following) {
        world = step(world, change)
        const stepwise = new RenderedMesh(world, renderer, previous)
        expect(whole(stepwise)).toEqual(whole(new RenderedMesh(world)))
        previous = stepwise.snapshot
      }
    }),
    { numRuns: 200 },
  )
}, 120_000)
