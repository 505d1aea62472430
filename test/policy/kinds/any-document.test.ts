/** Whatever stands in a document of ours, the answer is a list of located problems, never a crash. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toApiVersion } from '../../../src/model/object-id.ts'
import { KINDS } from '../../../src/policy/registry.ts'
import { arbitraryOf } from '../../support/arbitrary-body.ts'
import { compile } from '../../support/policy-files.ts'

const METADATA = fc.record(
  {
    name: fc.constantFrom<unknown>('web', 'Web', 7, null, 'a.b'),
    namespace: fc.constantFrom<unknown>('shop', 'a.b', false, ''),
    labels: fc.constantFrom<unknown>({ a: 'b' }, { a: 1 }, [], null, { 'a b': 'c' }),
    annotations: fc.constantFrom<unknown>({ 'plumbline.dev/destination-port': 'x' }, null, 'a'),
    uid: fc.constant('u'),
    stray: fc.constant(1),
  },
  { requiredKeys: ['name', 'namespace'] },
)

describe.each(KINDS.flatMap((kind) => kind.versions.map((version) => ({ kind, version }))))(
  '$kind.kind $version.name',
  ({ kind, version }) => {
    it('is read or refused', () => {
      const body = fc.oneof(arbitraryOf(version.schema, 0), arbitraryOf(version.schema, 8))
      fc.assert(
        fc.property(body, METADATA, (fields, metadata) => {
          const apiVersion = toApiVersion({ ...kind, version: version.name })
          const document = { ...(fields as object), apiVersion, kind: kind.kind, metadata }
          const { problems } = compile([JSON.stringify(document)])
          for (const { location, message, fix } of problems) {
            expect(location.file).toBe('1.yaml')
            expect(location.line).toBeGreaterThan(0)
            expect(message.length).toBeGreaterThan(10)
            expect(fix.length).toBeGreaterThan(5)
          }
        }),
        { numRuns: 150 },
      )
    })
  },
)

describe('a kind that this version does not compile for Envoy', () => {
  it.each(KINDS.map((definition) => [definition.kind, definition] as const))(
    'says so where it is written, and only there: %s',
    (kind, definition) => {
      const apiVersion = toApiVersion({ ...definition, version: definition.versions[0].name })
      const metadata = { name: 'web', namespace: 'shop' }
      const { problems } = compile([JSON.stringify({ apiVersion, kind, metadata })])
      expect(problems.some(({ code }) => code === 'PLB0341')).toBe(!definition.enforced)
    },
  )

  it('is one of these', () => {
    expect(
      KINDS.filter(({ enforced }) => !enforced)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual([
      'Egress',
      'ExtensionService',
      'IngressBackend',
      'MeshRootCertificate',
      'Retry',
      'Telemetry',
      'UpstreamTrafficSetting',
    ])
  })
})
