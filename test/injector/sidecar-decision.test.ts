/** Which pods get a sidecar, by OSM's labels and annotations, and which must not start at all. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interceptionRules, printInterceptionRules } from '../../src/injector/interception-rules.ts'
import { decideSidecar, type SidecarQuestion } from '../../src/injector/sidecar-decision.ts'

const INJECTION = 'openservicemesh.io/sidecar-injection'
const ENROLLED = { labels: { 'openservicemesh.io/monitored-by': 'osm' } }
const NOTHING_LEFT_OUT = {
  inboundPortExclusions: [],
  outboundPortExclusions: [],
  outboundIpRangeExclusions: [],
  outboundIpRangeInclusions: [],
  networkInterfaceExclusions: [],
}

type Switch = string | undefined

function asking(pod: Switch, namespace: Switch, more: Partial<SidecarQuestion> = {}) {
  const annotate = (value: Switch) => (value === undefined ? {} : { [INJECTION]: value })
  return decideSidecar({
    pod: { namespace: 'bookstore', annotations: annotate(pod) },
    namespace: { ...ENROLLED, annotations: annotate(namespace) },
    controlNamespace: 'plumbline-system',
    mesh: NOTHING_LEFT_OUT,
    ...more,
  })
}

function withAnnotations(
  annotations: Record<string, string>,
  mesh: Partial<SidecarQuestion['mesh']> = {},
) {
  const prefixed = Object.entries(annotations).map(([name, value]) => [
    `openservicemesh.io/${name}`,
    value,
  ])
  return asking(undefined, 'enabled', {
    pod: { namespace: 'bookstore', annotations: Object.fromEntries(prefixed) },
    mesh: { ...NOTHING_LEFT_OUT, ...mesh },
  })
}

describe('the sidecar', () => {
  it.each<readonly [Switch, Switch, 'inject' | 'skip' | 'refuse']>([
    ['enabled', undefined, 'inject'],
    [undefined, 'enabled', 'inject'],
    ['enabled', 'disabled', 'inject'],
    ['disabled', 'enabled', 'skip'],
    [undefined, 'disabled', 'skip'],
    [undefined, undefined, 'skip'],
    ['disabled', undefined, 'skip'],
    ['yes', undefined, 'inject'],
    ['true', undefined, 'inject'],
    ['no', 'enabled', 'skip'],
    ['false', 'enabled', 'skip'],
    ['Enabled', undefined, 'inject'],
    ['DISABLED', 'enabled', 'skip'],
    ['on', 'enabled', 'refuse'],
    ['', 'enabled', 'refuse'],
    ['enabled ', 'enabled', 'refuse'],
    ['enabled', 'maybe', 'refuse'],
  ])('of a pod that says %s in a namespace that says %s: %s', (pod, namespace, type) => {
    expect(asking(pod, namespace).type).toBe(type)
  })

  it('is left out where the mesh has no say, and the reason is said', () => {
    const pod = { namespace: 'bookstore', annotations: { [INJECTION]: 'enabled' } }
    const reasons = [
      { pod: { ...pod, hostNetwork: true } },
      { pod: { ...pod, namespace: 'kube-system' } },
      { pod: { ...pod, namespace: 'plumbline-system' } },
      { namespace: undefined },
      { namespace: { labels: { app: 'x' } } },
      { namespace: { labels: { ...ENROLLED.labels, 'openservicemesh.io/ignore': 'true' } } },
      { namespace: ENROLLED, pod: { namespace: 'bookstore' } },
      { pod: { namespace: 'bookstore', annotations: { [INJECTION]: 'no' } } },
    ].map((more) => asking('enabled', 'enabled', more))
    expect(reasons).toEqual([
      {
        type: 'skip',
        reason: "it uses the host's network, where there is nothing of its own to intercept",
      },
      { type: 'skip', reason: 'namespace kube-system is never part of a mesh' },
      { type: 'skip', reason: 'namespace plumbline-system is never part of a mesh' },
      {
        type: 'skip',
        reason: 'namespace bookstore is not enrolled (label openservicemesh.io/monitored-by)',
      },
      {
        type: 'skip',
        reason: 'namespace bookstore is not enrolled (label openservicemesh.io/monitored-by)',
      },
      {
        type: 'skip',
        reason: 'namespace bookstore is left out of the mesh (label openservicemesh.io/ignore)',
      },
      {
        type: 'skip',
        reason:
          'neither it nor namespace bookstore enables the sidecar (annotation openservicemesh.io/sidecar-injection)',
      },
      {
        type: 'skip',
        reason: 'its annotation openservicemesh.io/sidecar-injection disables the sidecar',
      },
    ])
  })

  it('leaves a pod alone outside the mesh, even one with mistakes in its annotations', () => {
    const pod = { namespace: 'bookstore', annotations: { [INJECTION]: 'maybe' } }
    expect(asking(undefined, undefined, { pod, namespace: {} }).type).toBe('skip')
  })

  it('says every mistake about injection at once', () => {
    expect(asking('on', 'maybe')).toEqual({
      type: 'refuse',
      mistakes: [
        'annotation openservicemesh.io/sidecar-injection of the pod is "on"; write enabled or disabled',
        'annotation openservicemesh.io/sidecar-injection of the namespace is "maybe"; write enabled or disabled',
      ],
    })
  })
})

describe('interception', () => {
  it('takes everything unless told otherwise', () => {
    expect(asking('enabled', undefined)).toEqual({ type: 'inject', interception: NOTHING_LEFT_OUT })
  })

  it("adds the pod's annotations to the mesh's lists, sorted and once each", () => {
    const decision = withAnnotations(
      {
        'inbound-port-exclusion-list': '8443, 22',
        'outbound-port-exclusion-list': '3306,5432,3306',
        'outbound-ip-range-exclusion-list': '10.0.0.0/8,192.0.2.7/32',
        'outbound-ip-range-inclusion-list': '198.18.0.0/15',
      },
      {
        outboundPortExclusions: [5432, 6379],
        outboundIpRangeExclusions: ['10.0.0.0/8'],
        networkInterfaceExclusions: ['docker0'],
      },
    )
    expect(decision).toEqual({
      type: 'inject',
      interception: {
        inboundPortExclusions: [22, 8443],
        outboundPortExclusions: [3306, 5432, 6379],
        outboundIpRangeExclusions: ['10.0.0.0/8', '192.0.2.7/32'],
        outboundIpRangeInclusions: ['198.18.0.0/15'],
        networkInterfaceExclusions: ['docker0'],
      },
    })
  })

  it.each(['0', '65536', '080', '0x50', '8e1', '1.5', '-1', '', '80-90', '80,', '80 90', '８０'])(
    'refuses %j as a list of ports',
    (list) => {
      const decision = withAnnotations({ 'inbound-port-exclusion-list': list })
      expect(decision).toMatchObject({
        type: 'refuse',
        mistakes: [
          expect.stringMatching(
            /^annotation openservicemesh.io\/inbound-port-exclusion-list: ".*" is not a port; write/,
          ),
        ],
      })
    },
  )

  it.each([
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0/8',
    '256.0.0.0/8',
    'fd00::/8',
    '',
    'a/8',
    '10.0.0.0/8 -j ACCEPT',
  ])('refuses %j as a list of ranges', (list) => {
    const decision = withAnnotations({ 'outbound-ip-range-exclusion-list': list })
    expect(decision).toMatchObject({
      type: 'refuse',
      mistakes: [expect.stringContaining('is not an IPv4 address range in CIDR form')],
    })
  })

  it('says every mistake of every list', () => {
    const decision = withAnnotations({
      'inbound-port-exclusion-list': '80,http',
      'outbound-ip-range-exclusion-list': '10.1.2.3',
    })
    expect(decision).toEqual({
      type: 'refuse',
      mistakes: [
        'annotation openservicemesh.io/inbound-port-exclusion-list: "http" is not a port; write whole numbers from 1 to 65535, separated by commas',
        'annotation openservicemesh.io/outbound-ip-range-exclusion-list: "10.1.2.3" is not an IPv4 address range in CIDR form; write 10.1.2.3/32 for one address',
      ],
    })
  })

  it('lets no annotation reach iptables but as the number or range that it is', () => {
    const piece = fc.oneof(
      fc.constantFrom('80', '10.0.0.0/8', '\n', ' ', ',', '-j ACCEPT', '"', ';', '\0', '/', '0'),
      fc.string({ maxLength: 5 }),
    )
    const value = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(value, value, (ports, ranges) => {
        const decision = withAnnotations({
          'inbound-port-exclusion-list': ports,
          'outbound-ip-range-exclusion-list': ranges,
        })
        if (decision.type !== 'inject') return
        const proxy = { type: 'uid', uid: 1500 } as const
        const text = printInterceptionRules(interceptionRules({ ...decision.interception, proxy }))
        expect(text).toMatch(/^[\w!.,:/+\-*[\] \n]+$/)
        expect(text.split('\n').filter((line) => !/^(-A|:|\*nat$|COMMIT$|$)/.test(line))).toEqual(
          [],
        )
      }),
      { numRuns: 500 },
    )
  })
})
