import { describe, expect, it } from 'vitest'
import {
  toEndpointSlices,
  toPodObject,
  toPodStatus,
  toServiceObject,
} from '../../src/lab/cluster-objects.ts'
import { aContainer, aPodState, aWorkloadService } from './workload-builders.ts'

describe('toPodObject', () => {
  it('carries the proxy’s uid as OSM’s label when there is a sidecar', () => {
    const pod = aPodState('front-0', { proxyUid: 'abc' })
    expect(toPodObject(pod)).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace: 'shop',
        name: 'front-0',
        labels: { app: 'shop', 'plumbline.dev/managed-by': 'lab', 'osm-proxy-uuid': 'abc' },
        annotations: {},
      },
      spec: {
        serviceAccountName: 'shop',
        nodeName: 'lab',
        containers: [
          {
            name: 'main',
            image: 'shop:1',
            command: ['node', 'shop.mjs'],
            env: [],
            ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          },
        ],
      },
    })
  })

  it('carries no such label without one', () => {
    expect(toPodObject(aPodState('front-0')).metadata.labels).not.toHaveProperty('osm-proxy-uuid')
  })

  it('says by its status where the pod is and whether it is ready', () => {
    expect(toPodStatus(aPodState('front-0', { ready: false }))).toEqual({
      phase: 'Running',
      podIP: '198.18.0.2',
      podIPs: [{ ip: '198.18.0.2' }],
      conditions: [{ type: 'Ready', status: 'False' }],
    })
  })
})

describe('toServiceObject', () => {
  it('leaves the name of an only port out, as Kubernetes has it', () => {
    const port = {
      name: '',
      port: 80,
      targetPort: 8080,
      protocol: 'TCP',
      appProtocol: 'http',
    } as const
    expect(
      toServiceObject(aWorkloadService('front', { ports: [port] }), '198.19.1.1')['spec'],
    ).toEqual({
      type: 'ClusterIP',
      clusterIP: '198.19.1.1',
      clusterIPs: ['198.19.1.1'],
      selector: { app: 'shop' },
      ports: [{ port: 80, targetPort: 8080, protocol: 'TCP', appProtocol: 'http' }],
    })
  })
})

describe('toEndpointSlices', () => {
  it('lists pods that are not ready as such', () => {
    const pods = [
      aPodState('front-0'),
      aPodState('front-1', { address: '198.18.0.3', ready: false }),
    ]
    const uids = new Map([['shop/front-0', 'u0']])
    const [slice, ...more] = toEndpointSlices(aWorkloadService('front'), pods, uids)
    expect(more).toEqual([])
    expect(slice?.metadata).toMatchObject({
      name: 'front-lab-0',
      labels: { 'kubernetes.io/service-name': 'front' },
    })
    expect(slice?.['ports']).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
    expect(slice?.['endpoints']).toEqual([
      {
        addresses: ['198.18.0.2'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'lab',
        targetRef: { kind: 'Pod', namespace: 'shop', name: 'front-0', uid: 'u0' },
      },
      {
        addresses: ['198.18.0.3'],
        conditions: { ready: false, serving: false, terminating: false },
        nodeName: 'lab',
        targetRef: { kind: 'Pod', namespace: 'shop', name: 'front-1' },
      },
    ])
  })

  it('makes one slice for each set of ports that a name resolves to', () => {
    const other = aContainer({ ports: [{ name: 'http', port: 9090, protocol: 'TCP' }] })
    const pods = [aPodState('front-0'), aPodState('front-1', { workload: { containers: [other] } })]
    const slices = toEndpointSlices(aWorkloadService('front'), pods, new Map())
    expect(slices.map((slice) => [slice.metadata.name, slice['ports']])).toEqual([
      ['front-lab-0', [{ name: 'http', port: 8080, protocol: 'TCP' }]],
      ['front-lab-1', [{ name: 'http', port: 9090, protocol: 'TCP' }]],
    ])
  })

  it('leaves out a port whose name no container has', () => {
    const port = { name: 'admin', port: 81, targetPort: 'admin', protocol: 'TCP' } as const
    const service = aWorkloadService('front', { ports: [port] })
    expect(toEndpointSlices(service, [aPodState('front-0')], new Map())[0]?.['ports']).toEqual([])
  })
})
