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
      services,
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
  const resources = Array.from(snapshot.views.values(), (view) => [view.key, mesh.resources(view)])
  return { snapshot, resources }
}

it('is the same whether it was reached step by step or at once', () => {
  fc.assert(
    fc.property(fc.array(anyWorld, { minLength: 2, maxLength: 5 }), (worlds) => {
      const renderer = new ViewRenderer()
      let previous: MeshSnapshot | undefined
      for (const world of worlds) {
        const stepwise = new RenderedMesh(world, renderer, previous)
        expect(whole(stepwise)).toEqual(whole(new RenderedMesh(world)))
        previous = stepwise.snapshot
      }
    }),
    { numRuns: 100 },
  )
}, 120_000)
