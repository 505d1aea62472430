/** What a MeshConfig and the MeshPolicies beside it set. */
import { describe, expect, it } from 'vitest'
import { compile, compileValid } from '../../support/policy-files.ts'
import { aMeshConfig, aMeshPolicy, aRouteGroup, aTrafficTarget, ENROLLED } from './documents.ts'

const CLOSED = {
  permissive: false,
  egressPassthrough: false,
  certificateValidityMs: 86_400_000,
  tlsMinimum: 'TLSv1_2',
  tlsMaximum: 'TLSv1_3',
  cipherSuites: [],
  ecdhCurves: [],
  envoyLogLevel: 'error',
  outboundIpRangeExclusions: [],
  outboundIpRangeInclusions: [],
  outboundPortExclusions: [],
  inboundPortExclusions: [],
}

function codesOf(...documents: readonly string[]): readonly string[] {
  return compile([...ENROLLED, ...documents]).problems.map(({ code }) => code)
}

describe('the mesh', () => {
  it('is closed without a MeshConfig', () => {
    expect(compileValid(ENROLLED).mesh).toEqual(CLOSED)
  })

  it('is closed by an empty MeshConfig', () => {
    const location = { file: '1.yaml', line: 1, column: 1 }
    expect(compileValid([aMeshConfig()]).mesh).toEqual({ ...CLOSED, location })
  })

  it('is what the MeshConfig says', () => {
    const config = aMeshConfig({
      traffic: {
        enablePermissiveTrafficPolicyMode: true,
        enableEgress: true,
        outboundIPRangeExclusionList: ['10.0.0.0/8'],
        outboundIPRangeInclusionList: ['192.168.0.0/16'],
        outboundPortExclusionList: [6379],
        inboundPortExclusionList: [9090],
      },
      sidecar: {
        logLevel: 'debug',
        tlsMinProtocolVersion: 'TLSv1_3',
        tlsMaxProtocolVersion: 'TLS_AUTO',
        cipherSuites: ['ECDHE-ECDSA-AES128-GCM-SHA256'],
        ecdhCurves: ['P-256'],
      },
      certificate: { serviceCertValidityDuration: '1h30m' },
    })
    expect(compileValid([config]).mesh).toMatchObject({
      permissive: true,
      egressPassthrough: true,
      certificateValidityMs: 5_400_000,
      tlsMinimum: 'TLSv1_3',
      tlsMaximum: 'TLSv1_3',
      cipherSuites: ['ECDHE-ECDSA-AES128-GCM-SHA256'],
      ecdhCurves: ['P-256'],
      envoyLogLevel: 'debug',
      outboundIpRangeExclusions: ['10.0.0.0/8'],
      outboundIpRangeInclusions: ['192.168.0.0/16'],
      outboundPortExclusions: [6379],
      inboundPortExclusions: [9090],
    })
  })

  it.each([
    [{ certificate: { serviceCertValidityDuration: '1d' } }, 'PLB0530'],
    [{ certificate: { serviceCertValidityDuration: '30s' } }, 'PLB0530'],
    [{ traffic: { outboundIPRangeExclusionList: ['10.0.0.0/33'] } }, 'PLB0531'],
    [{ traffic: { outboundIPRangeExclusionList: ['fd00::/8'] } }, 'PLB0531'],
    [{ traffic: { outboundPortExclusionList: [0] } }, 'PLB0315'],
    [{ traffic: { outboundPortExclusionList: ['80'] } }, 'PLB0312'],
    [{ traffic: { enableEgress: 'true' } }, 'PLB0312'],
    [{ traffic: { enablePermissiveTrafficPolicymode: true } }, 'PLB0310'],
    [{ sidecar: { tlsMinProtocolVersion: 'TLSv1_0' } }, 'PLB0314'],
    [
      { sidecar: { tlsMinProtocolVersion: 'TLSv1_3', tlsMaxProtocolVersion: 'TLSv1_2' } },
      'PLB0550',
    ],
    [{ sidecar: { logLevel: false } }, 'PLB0314'],
    [{ sidecar: { resources: { limits: { cpu: [] } } } }, 'PLB0312'],
  ])('is never %j', (spec, code) => {
    expect(codesOf(aMeshConfig(spec))).toEqual([code])
  })

  it('has one MeshConfig', () => {
    expect(codesOf(aMeshConfig(), aMeshConfig({}, { name: 'other' }))).toEqual(['PLB0604'])
  })

  it('warns once when permissive mode leaves grants without effect', () => {
    const open = aMeshConfig({ traffic: { enablePermissiveTrafficPolicyMode: true } })
    expect(codesOf(open)).toEqual([])
    expect(codesOf(aRouteGroup(), aTrafficTarget(), open)).toEqual(['PLB0614'])
  })
})

describe('a MeshPolicy', () => {
  it('leaves to the MeshConfig what it does not say', () => {
    const { meshPolicies } = compileValid([...ENROLLED, aMeshPolicy({})])
    expect([...meshPolicies.values()]).toMatchObject([{ access: 'inherit', egress: 'inherit' }])
  })

  it('decides for its namespace', () => {
    const policy = aMeshPolicy({ access: 'strict', egress: 'passthrough' })
    const { meshPolicies } = compileValid([...ENROLLED, policy])
    expect([...meshPolicies.values()]).toMatchObject([
      { id: { namespace: 'shop' }, access: 'strict', egress: 'passthrough' },
    ])
  })

  it('is one for each namespace', () => {
    const second = aMeshPolicy({}).replace('"policy"', '"second"')
    expect(codesOf(aMeshPolicy({}), second)).toEqual(['PLB0605'])
    expect(codesOf(aMeshPolicy({}), second.replace('"shop"', '"web"'))).toEqual([])
  })

  it('that opens its namespace warns of grants into it only', () => {
    const open = aMeshPolicy({ access: 'permissive' })
    expect(codesOf(aRouteGroup(), aTrafficTarget(), open)).toEqual(['PLB0614'])
    expect(codesOf(aRouteGroup(), aTrafficTarget(), open.replace('"shop"', '"web"'))).toEqual([])
  })
})
