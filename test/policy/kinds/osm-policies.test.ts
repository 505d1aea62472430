/** Egress, IngressBackend, UpstreamTrafficSetting and Retry. */
import { describe, expect, it } from 'vitest'
import { compile, compileValid } from '../../support/policy-files.ts'
import { anAccount, anOsmPolicy, aRouteGroup, ENROLLED } from './documents.ts'

type Fields = Readonly<Record<string, unknown>>

function codesOf(...documents: readonly string[]): readonly string[] {
  const codes = compile([...ENROLLED, ...documents]).problems.map(({ code }) => code)
  // Every kind of this file carries it; test/policy/kinds/any-document.test.ts holds that.
  return codes.filter((code) => code !== 'PLB0341')
}

function anEgress(spec: Fields = {}): string {
  const defaults = {
    sources: [anAccount('till')],
    hosts: ['api.example.com'],
    ports: [{ number: 80, protocol: 'http' }],
  }
  return anOsmPolicy('Egress', { ...defaults, ...spec }, 'out')
}

function aSetting(spec: Fields, name = 'limits'): string {
  return anOsmPolicy('UpstreamTrafficSetting', spec, name)
}

const BY_ROUTES = { apiGroup: 'specs.smi-spec.io/v1alpha4', kind: 'HTTPRouteGroup', name: 'routes' }
const BY_SETTING = {
  apiGroup: 'policy.openservicemesh.io/v1alpha1',
  kind: 'UpstreamTrafficSetting',
  name: 'limits',
}

describe('an Egress', () => {
  it('lets its sources out to its hosts, limited to its routes', () => {
    const egress = anEgress({
      hosts: ['API.example.com'],
      ports: [{ number: 80, protocol: 'HTTP' }],
      matches: [BY_ROUTES, BY_SETTING],
    })
    const documents = [
      egress,
      aRouteGroup([{ name: 'a' }, { name: 'b' }]),
      aSetting({ host: 'api.example.com' }),
    ]
    const [policy] = compileValid([...ENROLLED, ...documents]).egress.values()
    expect(policy).toMatchObject({
      sources: [{ account: { namespace: 'shop', name: 'till' } }],
      hosts: ['api.example.com'],
      ipAddresses: [],
      ports: [{ number: 80, protocol: 'http' }],
      http: [{ name: 'a' }, { name: 'b' }],
      upstreamSetting: { kind: 'UpstreamTrafficSetting', namespace: 'shop', name: 'limits' },
    })
  })

  it.each([
    [{ sources: [] }, 'PLB0504'],
    [{ ports: [] }, 'PLB0316'],
    [{ ports: [{ number: 80, protocol: 'udp' }] }, 'PLB0314'],
    [{ ports: [{ number: 0, protocol: 'http' }] }, 'PLB0315'],
    [{ hosts: [] }, 'PLB0555'],
    [{ hosts: ['http://a.example.com'] }, 'PLB0532'],
    [{ hosts: ['192.0.2.1'] }, 'PLB0532'],
    [{ hosts: ['a.example.com:80'] }, 'PLB0532'],
    [{ hosts: ['*.example.com'] }, 'PLB0557'],
    [{ hosts: ['a.*.com'] }, 'PLB0532'],
    [{ ipAddresses: ['192.0.2.1'] }, 'PLB0531'],
    [{ hosts: [], ports: [{ number: 443, protocol: 'https' }] }, 'PLB0556'],
    [{ ports: [{ number: 5432, protocol: 'tcp' }] }, 'PLB0556'],
    [{ matches: [{ ...BY_ROUTES, name: 'none' }] }, 'PLB0401'],
    [{ matches: [BY_SETTING] }, 'PLB0406'],
    [{ matches: [{ ...BY_ROUTES, apiGroup: 'split.smi-spec.io/v1alpha4' }] }, 'PLB0407'],
    [{ sources: [anAccount('a', 'far')] }, 'PLB0410'],
  ])('with %j is told so by %s', (spec, code) => {
    expect(codesOf(anEgress(spec))).toEqual([code])
  })

  it.each([
    { ports: [{ number: 443, protocol: 'https' }], hosts: ['*.example.com'] },
    { ports: [{ number: 443, protocol: 'https' }], hosts: [], ipAddresses: ['192.0.2.0/24'] },
    { ports: [{ number: 3306, protocol: 'tcp-server-first' }], ipAddresses: ['192.0.2.1/32'] },
  ])('with %j is fine', (spec) => {
    expect(codesOf(anEgress(spec))).toEqual([])
  })

  it('limits no requests where it has no http port', () => {
    const https = { ports: [{ number: 443, protocol: 'https' }], matches: [BY_ROUTES] }
    expect(codesOf(aRouteGroup(), anEgress(https))).toEqual(['PLB0559'])
  })

  it('names one UpstreamTrafficSetting', () => {
    const two = anEgress({ matches: [BY_SETTING, { ...BY_SETTING, name: 'other' }] })
    expect(codesOf(two)).toContain('PLB0558')
  })
})

function anIngress(backend: Fields, sources: readonly Fields[], name = 'in'): string {
  const backends = [{ name: 'web', port: { number: 8080, protocol: 'http' }, ...backend }]
  return anOsmPolicy('IngressBackend', { backends, sources }, name)
}

const GATEWAY = { kind: 'Service', name: 'gateway', namespace: 'ingress' }
const RANGE = { kind: 'IPRange', name: '10.0.0.0/8' }
const PRINCIPAL = { kind: 'AuthenticatedPrincipal', name: 'gateway.ingress.cluster.local' }
const HTTPS = { port: { number: 8443, protocol: 'HTTPS' } }

describe('an IngressBackend', () => {
  it('lets its sources in to its ports', () => {
    const ingress = anIngress({ ...HTTPS, tls: { sniHosts: ['shop.example.com'] } }, [
      GATEWAY,
      RANGE,
      PRINCIPAL,
    ])
    const [policy] = compileValid([...ENROLLED, ingress]).ingress.values()
    expect(policy).toMatchObject({
      backends: [
        {
          service: { namespace: 'shop', name: 'web' },
          port: 8443,
          protocol: 'https',
          skipClientCertValidation: false,
          sniHosts: ['shop.example.com'],
        },
      ],
      sources: [
        { type: 'service', service: { namespace: 'ingress', name: 'gateway' } },
        { type: 'range', cidr: '10.0.0.0/8' },
        { type: 'principal', name: 'gateway.ingress.cluster.local' },
      ],
    })
  })

  it.each([
    ['no source: it lets nobody in (D16)', {}, [], 'PLB0504'],
    ['http and principals only', {}, [PRINCIPAL], 'PLB0561'],
    ['http, where principals do not count', {}, [PRINCIPAL, RANGE], 'PLB0564'],
    [
      'http, where SNI does not count',
      { tls: { sniHosts: ['a.example.com'] } },
      [RANGE],
      'PLB0564',
    ],
    ['https without a principal', HTTPS, [RANGE], 'PLB0562'],
    [
      'https that does not look at its principals',
      { ...HTTPS, tls: { skipClientCertValidation: true } },
      [PRINCIPAL],
      'PLB0564',
    ],
    ['a source Service without a namespace', {}, [{ kind: 'Service', name: 'gateway' }], 'PLB0311'],
    ['a range that is none', {}, [{ kind: 'IPRange', name: '10.0.0.0' }], 'PLB0531'],
    ['another kind of source', {}, [{ kind: 'Pod', name: 'gateway' }], 'PLB0314'],
    ['another protocol', { port: { number: 80, protocol: 'grpc' } }, [RANGE], 'PLB0314'],
    ['a service that is not plain', { name: 'web.shop' }, [RANGE], 'PLB0320'],
  ])('with %s is told so', (_, backend, sources, code) => {
    expect(codesOf(anIngress(backend, sources))).toEqual([code])
  })

  it('takes IPv6 ranges', () => {
    expect(codesOf(anIngress({}, [{ kind: 'IPRange', name: 'fd00::/8' }]))).toEqual([])
  })

  it('has each port of a service once in the commit', () => {
    expect(codesOf(anIngress({}, [RANGE]), anIngress({}, [GATEWAY], 'other'))).toEqual(['PLB0602'])
    const twice = [1, 2].map(() => ({ name: 'web', port: { number: 80, protocol: 'http' } }))
    expect(codesOf(anOsmPolicy('IngressBackend', { backends: twice, sources: [RANGE] }))).toEqual([
      'PLB0602',
    ])
    expect(
      codesOf(
        anIngress({}, [RANGE]),
        anIngress({ port: { number: 81, protocol: 'http' } }, [RANGE], 'o'),
      ),
    ).toEqual([])
  })

  it('with matches is refused, for they were never honoured', () => {
    const spec = {
      backends: [{ name: 'web', port: { number: 80, protocol: 'http' } }],
      sources: [RANGE],
      matches: [BY_ROUTES],
    }
    expect(codesOf(anOsmPolicy('IngressBackend', spec))).toEqual(['PLB0563'])
    expect(codesOf(anOsmPolicy('IngressBackend', { ...spec, matches: [] }))).toEqual([])
  })
})

describe('an UpstreamTrafficSetting', () => {
  it.each(['web', 'web.shop', 'web.shop.svc', 'web.shop.svc.cluster.local', 'WEB.shop.svc'])(
    'of %s is for the service web (D7)',
    (host) => {
      const [setting] = compileValid([...ENROLLED, aSetting({ host })]).upstreamSettings.values()
      expect(setting?.host).toBe('web.shop.svc.cluster.local')
      expect(setting?.spec['host']).toBe('web.shop.svc.cluster.local')
    },
  )

  it('for a host outside its namespace needs an Egress there that names it (D27)', () => {
    const outside = aSetting({ host: 'api.example.com' })
    expect(codesOf(outside)).toEqual(['PLB0565'])
    expect(codesOf(outside, anEgress())).toEqual([])
    expect(codesOf(outside, anEgress({ hosts: ['b.example.com'], matches: [BY_SETTING] }))).toEqual(
      [],
    )
    expect(codesOf(outside, anEgress().replaceAll('"shop"', '"web"'))).toEqual(['PLB0565'])
    expect(codesOf(aSetting({ host: 'web.far.svc.cluster.local' }))).toEqual(['PLB0565'])
  })

  it('warns of a path that equals no pathRegex, letter by letter (D33)', () => {
    const routes = (path: string) => aSetting({ host: 'web', httpRoutes: [{ path }] })
    const group = aRouteGroup([{ name: 'buy', pathRegex: '/buy' }])
    const codes = (path: string) => codesOf(routes(path), group, anEgress({ matches: [BY_ROUTES] }))
    expect(codes('/buy')).toEqual([])
    expect(codes('.*')).toEqual([])
    expect(codes('/bu.')).toEqual(['PLB0613'])
  })

  it.each([
    [{ host: 'http://web' }, 'PLB0532'],
    [{ host: '' }, 'PLB0316'],
    [{ host: 'web', connectionSettings: { tcp: { maxConnections: -1 } } }, 'PLB0315'],
    [{ host: 'web', connectionSettings: { tcp: { connectTimeout: 5 } } }, 'PLB0313'],
    [{ host: 'web', connectionSettings: { tcp: { connectTimeout: '5' } } }, 'PLB0530'],
    [{ host: 'web', rateLimit: { local: { tcp: { connections: 0, unit: 'second' } } } }, 'PLB0315'],
    [{ host: 'web', rateLimit: { local: { tcp: { connections: 1, unit: 'day' } } } }, 'PLB0314'],
    [
      {
        host: 'web',
        rateLimit: { local: { http: { requests: 1, unit: 'hour', responseStatusCode: 418 } } },
      },
      'PLB0566',
    ],
    [{ host: 'web', httpRoutes: [{ path: '.*' }, { path: '.*' }] }, 'PLB0567'],
    [{ host: 'web', circuitBreaker: {} }, 'PLB0310'],
  ])('with %j is refused as %s', (spec, code) => {
    expect(codesOf(aSetting(spec))).toEqual([code])
  })

  it('is one for each host', () => {
    expect(codesOf(aSetting({ host: 'web' }), aSetting({ host: 'web.shop' }, 'other'))).toEqual([
      'PLB0603',
    ])
  })
})

function aRetry(spec: Fields = {}, name = 'retry'): string {
  const defaults = {
    source: anAccount('till'),
    destinations: [{ kind: 'Service', name: 'web', namespace: 'web' }],
    retryPolicy: { retryOn: '5xx' },
  }
  return anOsmPolicy('Retry', { ...defaults, ...spec }, name)
}

describe('a Retry', () => {
  it('has the defaults of Envoy', () => {
    const [retry] = compileValid([...ENROLLED, aRetry()]).retries.values()
    expect(retry?.spec['retryPolicy']).toEqual({
      retryOn: '5xx',
      numRetries: 1,
      retryBackoffBaseInterval: '25ms',
    })
  })

  it('whose source is outside its namespace is a problem (D34)', () => {
    expect(codesOf(aRetry({ source: anAccount('web', 'web') }))).toEqual(['PLB0570'])
  })

  it.each([
    [{ retryOn: '5xx, gateway-eror' }, 'PLB0571'],
    [{ retryOn: '' }, 'PLB0571'],
    [{ retryOn: '5xx', numRetries: -1 }, 'PLB0315'],
    [{ retryOn: '5xx', perTryTimeout: '1 s' }, 'PLB0530'],
    [{ numRetries: 1 }, 'PLB0311'],
  ])('with the policy %j is refused as %s', (retryPolicy, code) => {
    expect(codesOf(aRetry({ retryPolicy }))).toEqual([code])
  })

  it('is one for each source and destination', () => {
    expect(codesOf(aRetry(), aRetry({}, 'other'))).toEqual(['PLB0607'])
    expect(codesOf(aRetry(), aRetry({ source: anAccount('cart') }, 'other'))).toEqual([])
  })
})
