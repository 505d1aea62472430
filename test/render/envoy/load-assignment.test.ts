/** The hand-written writer against the library. */
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ClusterLoadAssignmentSchema } from '../../../src/generated/envoy/config/endpoint/v3/endpoint_pb.js'
import { byCodeUnit } from '../../../src/model/by-code-unit.ts'
import { loadAssignment, type SocketEndpoint } from '../../../src/render/envoy/load-assignment.ts'

const SERVICE = { namespace: 'bookstore', name: 'bookstore-v1' }

function byLibrary(name: string, endpoints: readonly SocketEndpoint[]): Uint8Array {
  const lbEndpoints = endpoints.map(({ address, port }) => ({
    hostIdentifier: {
      case: 'endpoint' as const,
      value: {
        address: {
          address: {
            case: 'socketAddress' as const,
            value: { address, portSpecifier: { case: 'portValue' as const, value: port } },
          },
        },
      },
    },
  }))
  const localities = [{ locality: { zone: 'local' }, lbEndpoints }]
  const message = create(ClusterLoadAssignmentSchema, {
    clusterName: name,
    endpoints: endpoints.length === 0 ? [] : localities,
  })
  return toBinary(ClusterLoadAssignmentSchema, message)
}

const anyEndpoint = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 1, max: 65_535 }),
})

it('writes the bytes that protobuf-es writes', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyEndpoint, {
        maxLength: 200,
        selector: ({ address, port }) => `${address} ${port}`,
      }),
      fc.integer({ min: 0, max: 65_535 }),
      (endpoints, targetPort) => {
        const sorted = endpoints.toSorted((a, b) =>
          byCodeUnit(`${a.address} ${a.port}`, `${b.address} ${b.port}`),
        )
        const name = `bookstore/bookstore-v1|${targetPort}`
        const { bytes } = loadAssignment(SERVICE, targetPort, endpoints)
        expect(bytes).toEqual(byLibrary(name, sorted))
      },
    ),
    { numRuns: 100 },
  )
})

it('does not depend on the order of endpoints, nor on an address that is named twice', () => {
  const a = { address: '198.18.0.1', port: 80 }
  const b = { address: '198.18.0.2', port: 80 }
  const { version } = loadAssignment(SERVICE, 80, [a, b])
  expect(loadAssignment(SERVICE, 80, [b, a, b]).version).toBe(version)
  expect(loadAssignment(SERVICE, 80, [a]).version).not.toBe(version)
})
