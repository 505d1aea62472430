import { describe, expect, it } from 'vitest'
import { printHostsFile } from '../../src/lab/hosts-file.ts'
import { toHostsServices, toServiceRoutes } from '../../src/lab/network-tables.ts'
import { aContainer, aPodState, aWorkloadService } from './workload-builders.ts'

const clusterIps = new Map([['shop/front', '198.19.1.1']])
const ready = aPodState('front-0', { address: '198.18.0.2' })
const notReady = aPodState('front-1', { address: '198.18.0.3', ready: false })

describe('toServiceRoutes', () => {
  it('sends a ClusterIP to the ready pods that the service selects, at the port the name resolves to', () => {
    expect(toServiceRoutes([aWorkloadService('front')], clusterIps, [ready, notReady])).toEqual([
      {
        ...{ clusterIp: '198.19.1.1', port: 80, protocol: 'TCP' },
        endpoints: [{ address: '198.18.0.2', port: 8080 }],
      },
    ])
  })

  it('keeps a service without ready pods, so that it is refused and not lost', () => {
    const [route] = toServiceRoutes([aWorkloadService('front')], clusterIps, [notReady])
    expect(route?.endpoints).toEqual([])
  })

  it('resolves a named port for each pod by itself', () => {
    const other = aContainer({ ports: [{ name: 'http', port: 9090, protocol: 'TCP' }] })
    const second = aPodState('front-1', {
      address: '198.18.0.3',
      workload: { containers: [other] },
    })
    const [route] = toServiceRoutes([aWorkloadService('front')], clusterIps, [ready, second])
    expect(route?.endpoints).toEqual([
      { address: '198.18.0.2', port: 8080 },
      { address: '198.18.0.3', port: 9090 },
    ])
  })

  it.each([
    ['in another namespace', { namespace: 'other' }],
    ['with another label', { labels: { app: 'cellar' } }],
  ])('leaves out a pod %s', (_, workload) => {
    const pod = aPodState('front-0', { workload })
    expect(toServiceRoutes([aWorkloadService('front')], clusterIps, [pod])[0]?.endpoints).toEqual(
      [],
    )
  })

  it('selects no pod for a service without a selector', () => {
    const service = aWorkloadService('front', { selector: {} })
    expect(toServiceRoutes([service], clusterIps, [ready])[0]?.endpoints).toEqual([])
  })
})

describe('hosts files', () => {
  const services = toHostsServices(
    [aWorkloadService('front'), aWorkloadService('cellar', { headless: true })],
    clusterIps,
    [ready, notReady],
  )

  it('resolve every form of a name, and the bare one within its namespace', () => {
    const pod = { namespace: 'shop', name: 'front-0', address: '198.18.0.2' }
    expect(printHostsFile(pod, services)).toBe(`127.0.0.1 localhost
::1 localhost
198.18.0.2 front-0
198.19.1.1 front.shop.svc.cluster.local front.shop.svc front.shop front
198.18.0.2 cellar.shop.svc.cluster.local cellar.shop.svc cellar.shop cellar
`)
  })

  it('leave the bare name out in other namespaces', () => {
    const pod = { namespace: 'street', name: 'buyer-0', address: '198.18.0.9' }
    expect(printHostsFile(pod, services)).toContain(
      '198.19.1.1 front.shop.svc.cluster.local front.shop.svc front.shop\n',
    )
  })
})
