import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printServiceRules, type ServiceRoute } from '../../src/lab/service-rules.ts'

function aRoute(route: Partial<ServiceRoute> = {}): ServiceRoute {
  return {
    clusterIp: '198.19.1.1',
    port: 80,
    protocol: 'TCP',
    endpoints: [{ address: '198.18.0.2', port: 8080 }],
    ...route,
  }
}

describe('printServiceRules', () => {
  it('translates each ClusterIP and port to its endpoints and refuses the other ClusterIPs', () => {
    const two = [
      { address: '198.18.0.2', port: 8080 },
      { address: '198.18.0.3', port: 8081 },
    ]
    const routes = [aRoute({ endpoints: two }), aRoute({ port: 53, protocol: 'UDP' })]
    expect(printServiceRules(routes)).toBe(`*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:SERVICES - [0:0]
-A PREROUTING -j SERVICES
-A OUTPUT -j SERVICES
-A SERVICES -d 198.19.1.1 -p tcp --dport 80 -m statistic --mode random --probability 0.5 -j DNAT --to-destination 198.18.0.2:8080
-A SERVICES -d 198.19.1.1 -p tcp --dport 80 -j DNAT --to-destination 198.18.0.3:8081
-A SERVICES -d 198.19.1.1 -p udp --dport 53 -j DNAT --to-destination 198.18.0.2:8080
-A POSTROUTING -s 198.18.0.2 -d 198.18.0.2 -j MASQUERADE
-A POSTROUTING -s 198.18.0.3 -d 198.18.0.3 -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -d 198.19.0.0/16 -j REJECT
-A OUTPUT -d 198.19.0.0/16 -j REJECT
COMMIT
`)
  })

  it('gives each of n endpoints the same share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
        const endpoints = Array.from({ length: count }, (_, i) => ({
          address: `198.18.0.${i}`,
          port: 1,
        }))
        let left = 1
        for (const rule of printServiceRules([aRoute({ endpoints })]).split('\n')) {
          if (!rule.includes('DNAT')) continue
          const share = left * Number(/--probability (\S+)/.exec(rule)?.[1] ?? 1)
          expect(share).toBeCloseTo(1 / count)
          left -= share
        }
        expect(left).toBeCloseTo(0)
      }),
    )
  })
})
