import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type InterceptionSettings,
  interceptionRules,
  printInterceptionRules,
} from '../../src/injector/interception-rules.ts'

function someSettings(settings: Partial<InterceptionSettings> = {}): InterceptionSettings {
  return {
    proxy: { type: 'uid', uid: 1500 },
    inboundPortExclusions: [],
    outboundPortExclusions: [],
    outboundIpRangeExclusions: [],
    outboundIpRangeInclusions: [],
    networkInterfaceExclusions: [],
    ...settings,
  }
}

function chain(name: string, settings: Partial<InterceptionSettings>): readonly string[] {
  return interceptionRules(someSettings(settings))
    .filter((rule) => rule.chain === name)
    .map((rule) => rule.args.join(' '))
}

const inbound = (settings: Partial<InterceptionSettings>) => chain('OSM_PROXY_INBOUND', settings)
const outbound = (settings: Partial<InterceptionSettings>) => chain('OSM_PROXY_OUTBOUND', settings)

describe('interceptionRules', () => {
  it('redirects everything but what is Envoy’s own, without settings', () => {
    expect(printInterceptionRules(interceptionRules(someSettings()))).toBe(`*nat
:OSM_PROXY_INBOUND - [0:0]
:OSM_PROXY_IN_REDIRECT - [0:0]
:OSM_PROXY_OUTBOUND - [0:0]
:OSM_PROXY_OUT_REDIRECT - [0:0]
-A OSM_PROXY_IN_REDIRECT -p tcp -j REDIRECT --to-port 15003
-A PREROUTING -p tcp -j OSM_PROXY_INBOUND
-A OSM_PROXY_INBOUND -p tcp --dport 15010 -j RETURN
-A OSM_PROXY_INBOUND -p tcp --dport 15901 -j RETURN
-A OSM_PROXY_INBOUND -p tcp --dport 15902 -j RETURN
-A OSM_PROXY_INBOUND -p tcp --dport 15903 -j RETURN
-A OSM_PROXY_INBOUND -p tcp --dport 15904 -j RETURN
-A OSM_PROXY_INBOUND -p tcp -j OSM_PROXY_IN_REDIRECT
-A OSM_PROXY_OUT_REDIRECT -p tcp -j REDIRECT --to-port 15001
-A OUTPUT -p tcp -j OSM_PROXY_OUTBOUND
-A OSM_PROXY_OUTBOUND -o lo ! -d 127.0.0.1/32 -m owner --uid-owner 1500 -j OSM_PROXY_IN_REDIRECT
-A OSM_PROXY_OUTBOUND -o lo -m owner ! --uid-owner 1500 -j RETURN
-A OSM_PROXY_OUTBOUND -m owner --uid-owner 1500 -j RETURN
-A OSM_PROXY_OUTBOUND -d 127.0.0.1/32 -j RETURN
-A OSM_PROXY_OUTBOUND -j OSM_PROXY_OUT_REDIRECT
COMMIT
`)
  })

  it('tells Envoy by its mark where there is no second uid', () => {
    expect(outbound({ proxy: { type: 'mark', mark: 1500 } })).toEqual([
      '-o lo ! -d 127.0.0.1/32 -m mark --mark 1500 -j OSM_PROXY_IN_REDIRECT',
      '-o lo -m mark ! --mark 1500 -j RETURN',
      '-m mark --mark 1500 -j RETURN',
      '-d 127.0.0.1/32 -j RETURN',
      '-j OSM_PROXY_OUT_REDIRECT',
    ])
  })

  it('lets excluded inbound ports and interfaces past Envoy before anything else', () => {
    expect(
      inbound({
        inboundPortExclusions: [9090, 2222],
        networkInterfaceExclusions: ['net1'],
      }).slice(0, 3),
    ).toEqual([
      '-p tcp --match multiport --dports 9090,2222 -j RETURN',
      '-i net1 -j RETURN',
      '-p tcp --dport 15010 -j RETURN',
    ])
  })

  it('lets excluded interfaces, ranges and ports out, after Envoy’s own traffic and before the redirect', () => {
    expect(
      outbound({
        outboundPortExclusions: [3306],
        outboundIpRangeExclusions: ['10.0.0.0/8', '192.0.2.1/32'],
        networkInterfaceExclusions: ['net1'],
      }).slice(3),
    ).toEqual([
      '-d 127.0.0.1/32 -j RETURN',
      '-o net1 -j RETURN',
      '-d 10.0.0.0/8 -j RETURN',
      '-d 192.0.2.1/32 -j RETURN',
      '-p tcp --match multiport --dports 3306 -j RETURN',
      '-j OSM_PROXY_OUT_REDIRECT',
    ])
  })

  it('redirects nothing but the included ranges where there are any', () => {
    expect(outbound({ outboundIpRangeInclusions: ['10.1.0.0/16'] }).slice(-2)).toEqual([
      '-d 10.1.0.0/16 -j OSM_PROXY_OUT_REDIRECT',
      '-j RETURN',
    ])
  })

  it('splits any list of ports into rules of at most 15, losing and adding none', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 65_535 })), (ports) => {
        const lists = outbound({ outboundPortExclusions: ports })
          .map((rule) => /--dports ([\d,]+)/.exec(rule)?.[1])
          .filter((list) => list !== undefined)
          .map((list) => list.split(',').map(Number))
        expect(lists.flat()).toEqual(ports)
        expect(lists.every((list) => list.length <= 15)).toBe(true)
      }),
    )
  })
})

describe('printInterceptionRules', () => {
  it('refuses an argument that would start a rule of its own', () => {
    const rules = interceptionRules(
      someSettings({ outboundIpRangeExclusions: ['10.0.0.0/8\n-A OUTPUT -j ACCEPT'] }),
    )
    expect(() => printInterceptionRules(rules)).toThrow('not an iptables argument')
  })
})
