/** MeshRootCertificate, Telemetry, ExtensionService and PolicyTest. */
import { describe, expect, it } from 'vitest'
import { compile, compileValid } from '../../support/policy-files.ts'
import { anOsmConfig, anOsmPolicy, aPolicyTest, ENROLLED } from './documents.ts'

type Fields = Readonly<Record<string, unknown>>

function codesOf(...documents: readonly string[]): readonly string[] {
  const codes = compile([...ENROLLED, ...documents]).problems.map(({ code }) => code)
  // Every kind of this file carries it; test/policy/kinds/any-document.test.ts holds that.
  return codes.filter((code) => code !== 'PLB0341')
}

const TRESOR = { tresor: { ca: { secretRef: { name: 'ca', namespace: 'mesh' } } } }

function aRoot(role?: string, name = role ?? 'root'): string {
  return anOsmConfig('MeshRootCertificate', { role, provider: TRESOR }, name)
}

describe('a MeshRootCertificate', () => {
  it('of OSM 1.2, which knew no roles, is the active one', () => {
    const [root] = compileValid([...ENROLLED, aRoot()]).rootCertificates.values()
    expect(root?.spec).toMatchObject({ role: 'active', trustDomain: 'cluster.local' })
  })

  it.each([
    [['active'], []],
    [['active', 'passive'], []],
    [['active', 'active'], []],
    [['active', 'passive', 'inactive', 'inactive'], []],
    [['passive'], ['PLB0582']],
    [['inactive'], ['PLB0582']],
    [['active', 'passive', 'passive'], ['PLB0608']],
    [['active', 'active', 'active'], ['PLB0608']],
  ])('with the roles %j in the commit is told %j', (roles, codes) => {
    expect(codesOf(...roles.map((role, at) => aRoot(role, `root-${at}`)))).toEqual(codes)
  })

  it.each([
    [{ provider: {} }, 'PLB0580'],
    [
      {
        provider: {
          ...TRESOR,
          certManager: { issuerName: 'a', issuerKind: 'Issuer', issuerGroup: 'b' },
        },
      },
      'PLB0580',
    ],
    [
      { provider: { certManager: { issuerName: 'a', issuerKind: 'Secret', issuerGroup: 'b' } } },
      'PLB0314',
    ],
    [{ provider: TRESOR, trustDomain: 'A' }, 'PLB0581'],
    [{ provider: TRESOR, role: 'signing' }, 'PLB0314'],
    [{ role: 'active' }, 'PLB0311'],
  ])('with %j is refused as %s', (spec, code) => {
    expect(codesOf(anOsmConfig('MeshRootCertificate', spec))).toEqual([code])
  })
})

function aTelemetry(spec: Fields, name = 'logs'): string {
  return anOsmPolicy('Telemetry', spec, name)
}

const TO_COLLECTOR = { accessLog: { openTelemetry: { extensionService: { name: 'collector' } } } }
const COLLECTOR = anOsmConfig(
  'ExtensionService',
  { host: 'otel.example.com', port: 4317, protocol: 'h2c' },
  'collector',
)

describe('a Telemetry', () => {
  it('names an ExtensionService, in its own namespace unless it says another', () => {
    expect(codesOf(aTelemetry(TO_COLLECTOR), COLLECTOR)).toEqual([])
    expect(codesOf(aTelemetry(TO_COLLECTOR))).toEqual(['PLB0408'])
    expect(codesOf(aTelemetry(TO_COLLECTOR), COLLECTOR.replace('"shop"', '"web"'))).toContain(
      'PLB0408',
    )
  })

  it('is one for each selection of pods', () => {
    const selected = (app: string, name: string) => aTelemetry({ selector: { app } }, name)
    expect(codesOf(aTelemetry({}, 'a'), aTelemetry({}, 'b'))).toEqual(['PLB0609'])
    expect(codesOf(selected('a', 'a'), selected('b', 'b'), aTelemetry({}, 'c'))).toEqual([])
  })
})

describe('an ExtensionService', () => {
  it('nobody refers to is worth a warning', () => {
    expect(codesOf(COLLECTOR)).toEqual(['PLB0610'])
  })
})

const CASE = {
  name: 'a buyer buys',
  from: { namespace: 'web', serviceAccount: 'buyer' },
  to: { namespace: 'shop', service: 'till', port: 80 },
  request: { method: 'GET', path: '/buy', headers: { 'X-Client': 'web', Host: 'shop' } },
  expect: 'allow',
}
const INVARIANT = { name: 'only web', to: { namespace: 'shop' }, onlyFrom: [{ namespace: 'web' }] }

describe('a PolicyTest', () => {
  it('says what must hold, and is never applied', () => {
    const intent = compileValid([
      ...ENROLLED,
      aPolicyTest({ cases: [CASE], invariants: [INVARIANT] }),
    ])
    expect([...intent.policyTests.values()]).toMatchObject([
      {
        cases: [
          {
            name: 'a buyer buys',
            from: { namespace: 'web', name: 'buyer' },
            to: { service: { namespace: 'shop', name: 'till' }, port: 80 },
            request: {
              method: 'GET',
              path: '/buy',
              headers: { 'x-client': 'web', ':authority': 'shop' },
            },
            expect: 'allow',
          },
        ],
        invariants: [
          { name: 'only web', to: { namespace: 'shop' }, onlyFrom: [{ namespace: 'web' }] },
        ],
      },
    ])
    expect(intent.objects.map(({ id }) => id.kind)).toEqual(['Namespace', 'Namespace'])
  })

  it.each([
    [{}, 'PLB0316'],
    [{ cases: [CASE, CASE] }, 'PLB0576'],
    [{ cases: [{ ...CASE, name: 'only web' }], invariants: [INVARIANT] }, 'PLB0576'],
    [{ cases: [{ ...CASE, request: { method: 'GET', path: 'buy' } }] }, 'PLB0575'],
    [{ cases: [{ ...CASE, request: { method: 'GET', path: '/buy?id=1' } }] }, 'PLB0575'],
    [{ cases: [{ ...CASE, request: { method: '*', path: '/buy' } }] }, 'PLB0314'],
    [{ cases: [{ ...CASE, expect: 'permit' }] }, 'PLB0314'],
    [{ cases: [{ ...CASE, to: { namespace: 'shop' } }] }, 'PLB0311'],
    [{ invariants: [{ name: 'a', to: { namespace: 'shop' } }] }, 'PLB0311'],
  ])('with %j is refused as %s', (spec, code) => {
    expect(codesOf(aPolicyTest(spec))).toEqual([code])
  })
})
