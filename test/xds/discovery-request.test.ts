import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiscoveryRequestSchema } from '../../src/generated/envoy/service/discovery/v3/discovery_pb.js'
import { readDiscoveryRequest } from '../../src/xds/discovery-request.ts'

const LIMITS = { maxResourceNames: 100, maxResourceNameBytes: 1_000 }

const wellFormed = fc
  .string({ unit: 'binary', maxLength: 20 })
  .filter((text) => text.isWellFormed())

describe('reading a DiscoveryRequest', () => {
  it('finds what protobuf-es wrote, whatever else the node carries', () => {
    const requests = fc.record({
      versionInfo: wellFormed,
      nodeId: wellFormed,
      resourceNames: fc.array(wellFormed),
      typeUrl: wellFormed,
      responseNonce: wellFormed,
      errorDetail: fc.option(wellFormed, { nil: undefined }),
    })
    fc.assert(
      fc.property(requests, ({ nodeId, errorDetail, ...rest }) => {
        const written = create(DiscoveryRequestSchema, {
          ...rest,
          node: {
            id: nodeId,
            cluster: 'c',
            metadata: { a: { b: [1, 'two', null] } },
            userAgentName: 'envoy',
            clientFeatures: ['x'],
          },
          ...(errorDetail === undefined ? {} : { errorDetail: { code: 3, message: errorDetail } }),
        })
        const bytes = toBinary(DiscoveryRequestSchema, written)
        expect(readDiscoveryRequest(bytes, LIMITS)).toEqual({
          ok: true,
          value: { ...rest, nodeId, errorDetail },
        })
      }),
    )
  })

  it('knows an error_detail without a message from no error_detail', () => {
    const read = (errorDetail?: object) =>
      readDiscoveryRequest(
        toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, { errorDetail })),
        LIMITS,
      )
    expect(read({})).toMatchObject({ value: { errorDetail: '' } })
    expect(read()).toMatchObject({ value: { errorDetail: undefined } })
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = readDiscoveryRequest(bytes, LIMITS)
        expect(read.ok || read.error.code !== undefined).toBe(true)
      }),
    )
  })

  const refusals: readonly [string, readonly string[], string][] = [
    [
      'more names than the limit',
      Array.from({ length: 101 }, (_, index) => `n${index}`),
      'more than 100 resource names in one request',
    ],
    [
      'a name that is too long',
      ['a'.repeat(1_001)],
      'a resource name of 1001 bytes; at most 1000 are read',
    ],
  ]
  it.each(refusals)('refuses %s', (_sentence, resourceNames, message) => {
    const bytes = toBinary(
      DiscoveryRequestSchema,
      create(DiscoveryRequestSchema, { resourceNames: [...resourceNames] }),
    )
    expect(readDiscoveryRequest(bytes, LIMITS)).toMatchObject({ ok: false, error: { message } })
  })

  it('refuses bytes that are no message, and says so', () => {
    expect(readDiscoveryRequest(Buffer.from([0x0a, 0xff]), LIMITS)).toMatchObject({
      ok: false,
      error: { code: 'Malformed', message: expect.stringContaining('not a DiscoveryRequest') },
    })
  })
})
