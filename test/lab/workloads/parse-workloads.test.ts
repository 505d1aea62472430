import { describe, expect, it } from 'vitest'
import { parseWorkloads } from '../../../src/lab/workloads/parse-workloads.ts'
import { readWorkloads } from '../../../src/lab/workloads/read-workloads.ts'

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: front, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: front } }
  template:
    metadata: { labels: { app: front } }
    spec:
      serviceAccountName: front
      containers:
        - name: main
          image: shop:1
          command: [node]
          args: [shop.mjs]
          env: [{ name: COLOUR, value: red }]
          ports: [{ containerPort: 8080 }]
`
const ACCOUNT = `apiVersion: v1
kind: ServiceAccount
metadata: { name: front, namespace: shop }
`
const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: front, namespace: shop }
spec:
  selector: { app: front }
  ports: [{ port: 80 }]
`

function parse(...texts: readonly string[]) {
  return parseWorkloads(texts.map((text, index) => ({ path: `${index}.yaml`, text })))
}

function workloads(...texts: readonly string[]) {
  const parsed = parse(...texts)
  if (parsed.type === 'invalid') throw new Error(parsed.mistakes.join('\n'))
  return parsed.workloads
}

function mistakes(...texts: readonly string[]): readonly string[] {
  const parsed = parse(...texts)
  return parsed.type === 'invalid' ? parsed.mistakes : []
}

describe('parseWorkloads', () => {
  it('makes a pod for each replica, named by number', () => {
    const pod = {
      namespace: 'shop',
      deployment: 'front',
      serviceAccount: 'front',
      labels: { app: 'front' },
      annotations: {},
      containers: [
        {
          name: 'main',
          image: 'shop:1',
          argv: ['node', 'shop.mjs'],
          environment: { COLOUR: 'red' },
          ports: [{ name: '', port: 8080, protocol: 'TCP' }],
          directory: '.',
        },
      ],
    }
    expect(workloads(ACCOUNT, DEPLOYMENT, SERVICE)).toEqual({
      accounts: [{ namespace: 'shop', name: 'front' }],
      services: [
        {
          namespace: 'shop',
          name: 'front',
          labels: {},
          annotations: {},
          selector: { app: 'front' },
          headless: false,
          ports: [{ name: '', port: 80, targetPort: 80, protocol: 'TCP' }],
        },
      ],
      pods: [
        { ...pod, name: 'front-0' },
        { ...pod, name: 'front-1' },
      ],
      notes: [],
    })
  })

  it('says which fields it does nothing with, and where', () => {
    const text = DEPLOYMENT.replace(
      '          command',
      '          readinessProbe: { httpGet: { path: / } }\n          resources: {}\n          command',
    )
    expect(workloads(ACCOUNT, text).notes).toEqual([
      '1.yaml: Deployment shop/front: the lab does nothing with spec.template.spec.containers[0].readinessProbe, spec.template.spec.containers[0].resources',
    ])
  })

  it('says which kinds it leaves out, and passes over namespaces, which are policy', () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\n'
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n'
    expect(workloads(ACCOUNT, DEPLOYMENT, secret, namespace).notes).toEqual([
      '2.yaml: v1 Secret is left out; the lab runs Deployment, Service and ServiceAccount',
    ])
  })

  it('makes a service account that no manifest makes, and says so', () => {
    const { accounts, notes } = workloads(DEPLOYMENT)
    expect(accounts).toEqual([{ namespace: 'shop', name: 'front' }])
    expect(notes).toEqual(['ServiceAccount shop/front has no manifest; the lab makes it'])
  })

  it('gives a pod that names none the account default, which every namespace has', () => {
    const text = DEPLOYMENT.replace('      serviceAccountName: front\n', '')
    expect(workloads(text)).toMatchObject({
      accounts: [{ namespace: 'shop', name: 'default' }],
      notes: [],
    })
  })

  it('collects every mistake, with file, document and path', () => {
    const noCommand = DEPLOYMENT.replace('          command: [node]\n', '')
    const twice = `${SERVICE}---\n${SERVICE}`
    expect(
      mistakes(noCommand, twice, 'a: [', DEPLOYMENT.replace('replicas: 2', 'replicas: many')),
    ).toEqual([
      '0.yaml: spec.template.spec.containers[0].command: write the command: the lab pulls no image, so it cannot know the one inside',
      '1.yaml#2: Service shop/front is there twice; keep one of them',
      expect.stringMatching(/^2\.yaml: /),
      '3.yaml: spec.replicas: Invalid input: expected number, received string',
    ])
  })

  it('refuses a workload that would run as Envoy, past the redirection', () => {
    const text = DEPLOYMENT.replace(
      '          command',
      '          securityContext: { runAsUser: 1500 }\n          command',
    )
    expect(mistakes(text)).toEqual([
      '0.yaml: spec.template.spec.containers[0].securityContext.runAsUser: uid 1500 is Envoy’s; use another',
    ])
  })

  it('refuses a service that the lab cannot offer', () => {
    const text = SERVICE.replace('spec:', 'spec:\n  type: LoadBalancer\n  clusterIP: 10.0.0.1')
    expect(mistakes(DEPLOYMENT, text)).toEqual([
      '1.yaml: spec.type: the lab has services of type ClusterIP only',
      '1.yaml: spec.clusterIP: leave clusterIP out (the lab assigns one) or write None',
    ])
  })

  it('refuses a folder with nothing to run', () => {
    expect(mistakes(SERVICE)).toEqual([
      'there is no Deployment in the workloads folder, so there is nothing to run',
    ])
  })
})

describe('readWorkloads', () => {
  it('reads the example without a note', async () => {
    const { pods, services, notes } = await readWorkloads('policies-example/workloads')
    expect(notes).toEqual([])
    expect(services.map((service) => service.name)).toEqual([
      ...['bookstore', 'bookstore-v1', 'bookstore-v2', 'bookwarehouse'],
    ])
    expect(pods.map((pod) => `${pod.namespace}/${pod.name} as ${pod.serviceAccount}`)).toEqual([
      'bookbuyer/bookbuyer-0 as bookbuyer',
      'bookstore/bookstore-v1-0 as bookstore-v1',
      'bookstore/bookstore-v2-0 as bookstore-v2',
      'bookthief/bookthief-0 as bookthief',
      'bookwarehouse/bookwarehouse-0 as bookwarehouse',
    ])
  })

  it('names a folder that is not there', async () => {
    await expect(readWorkloads('/nowhere')).rejects.toMatchObject({
      code: 'WorkloadsInvalid',
      message: expect.stringContaining('/nowhere'),
    })
  })
})
