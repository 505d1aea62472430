import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  DeltaDiscoveryResponseSchema,
  DiscoveryResponseSchema,
} from '../../src/generated/envoy/service/discovery/v3/discovery_pb.js'
import {
  type EnvoyResource,
  RESOURCE_TYPES,
  TYPE_URLS,
} from '../../src/render/envoy/envoy-resource.ts'
import { writeDiscoveryResponse } from '../../src/xds/discovery-response.ts'
import { deltaChunk, sotwChunk } from '../../src/xds/entry.ts'
import { aResource } from './support/builders.ts'

const resources = fc
  .record({
    type: fc.constantFrom(...RESOURCE_TYPES),
    name: fc.string({ minLength: 1 }),
    bytes: fc.uint8Array({ maxLength: 300 }),
    version: fc.string({ minLength: 1 }),
  })
  .map(({ name, ...rest }) => ({ ...rest, name, origins: [] }) as unknown as EnvoyResource)

const anyOf = (resource: EnvoyResource) => ({
  typeUrl: TYPE_URLS[resource.type],
  value: resource.bytes,
})

it('writes the bytes that protobuf-es writes for the same response', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...RESOURCE_TYPES),
      fc.string(),
      fc.string(),
      fc.array(resources),
      (type, version, nonce, list) => {
        const expected = create(DiscoveryResponseSchema, {
          versionInfo: version,
          nonce,
          typeUrl: TYPE_URLS[type],
          resources: list.map(anyOf),
        })
        const written = writeDiscoveryResponse({ type, version, nonce, resources: list })
        expect(written.equals(toBinary(DiscoveryResponseSchema, expected))).toBe(true)
      },
    ),
  )
})

it('writes the bytes that protobuf-es writes for a resource above 16 KiB and above 2 MiB', () => {
  for (const size of [127, 128, 16_383, 16_384, 2_097_152]) {
    const resource = { ...aResource('cluster', 'a'), bytes: new Uint8Array(size) }
    const expected = create(DiscoveryResponseSchema, {
      versionInfo: 'v',
      nonce: 'n',
      typeUrl: TYPE_URLS.cluster,
      resources: [anyOf(resource)],
    })
    const written = writeDiscoveryResponse({
      type: 'cluster',
      version: 'v',
      nonce: 'n',
      resources: [resource],
    })
    expect(written.equals(toBinary(DiscoveryResponseSchema, expected))).toBe(true)
  }
})

it('frames a resource for the delta variant as protobuf-es does, name and version included', () => {
  fc.assert(
    fc.property(resources, (resource) => {
      const expected = create(DeltaDiscoveryResponseSchema, {
        resources: [{ name: resource.name, version: resource.version, resource: anyOf(resource) }],
      })
      expect(deltaChunk(resource).equals(toBinary(DeltaDiscoveryResponseSchema, expected))).toBe(
        true,
      )
    }),
  )
})

it('frames a resource once, however many streams it is sent on', () => {
  const resource = aResource('route', 'a')
  expect(sotwChunk(resource)).toBe(sotwChunk(resource))
  expect(deltaChunk(resource)).toBe(deltaChunk(resource))
})

it('keeps apart responses of two types that share one empty list', () => {
  const resources: readonly EnvoyResource[] = []
  const of = (type: 'cluster' | 'listener') =>
    writeDiscoveryResponse({ type, version: 'v', nonce: 'n', resources }).toString('latin1')
  expect([
    of('cluster').includes(TYPE_URLS.cluster),
    of('listener').includes(TYPE_URLS.listener),
  ]).toEqual([true, true])
})
