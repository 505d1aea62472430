/** Random commits joined with random clusters: headless services, hostnames, named ports, splits, open and closed namespaces. */
import fc from 'fast-check'
import type { ClusterInventory } from '../../src/model/cluster-inventory.ts'
import type { Intent } from '../../src/policy/intent.ts'
import { anEnrollment, anIntent } from './intent-builders.ts'
import { anInventory } from './inventory-builders.ts'

export interface World {
  readonly intent: Intent
  readonly inventory: ClusterInventory
}

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

export const anyWorld: fc.Arbitrary<World> = fc
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
