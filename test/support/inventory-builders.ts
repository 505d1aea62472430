/** What a cluster has, for tests: services, the pods behind them, and their endpoints in step. */
import type {
  ClusterInventory,
  InventoryEndpoint,
  InventoryPod,
  InventoryPort,
  InventoryService,
} from '../../src/model/cluster-inventory.ts'
import { type ServiceKey, toServiceKey } from '../../src/model/service-name.ts'
import { anAccount, aServiceName } from './intent-builders.ts'

export interface ServiceOptions {
  /** `namespace/name`. */
  readonly name: string
  readonly clusterIps?: readonly string[]
  readonly ports?: readonly (number | Partial<InventoryPort>)[]
  readonly selector?: Readonly<Record<string, string>>
}

/** Port 14001 to 14001, and pods labelled `app=<name>`, unless told otherwise. */
export function aService(options: ServiceOptions): InventoryService {
  const name = aServiceName(options.name)
  return {
    name,
    clusterIps: options.clusterIps ?? [clusterIpOf(options.name)],
    ports: (options.ports ?? [14_001]).map((port) =>
      aPort(typeof port === 'number' ? { port } : port),
    ),
    selector: options.selector ?? { app: name.name },
  }
}

function aPort(change: Partial<InventoryPort>): InventoryPort {
  const port = change.port ?? 14_001
  return { name: '', port, targetPort: port, protocol: 'TCP', ...change }
}

/** An address of its own for each name, the same in every run. */
function clusterIpOf(name: string): string {
  let hash = 7
  for (const char of name) hash = (hash * 31 + char.charCodeAt(0)) % 65_536
  return `198.19.${hash >> 8}.${hash & 255}`
}

export interface PodOptions {
  /** `namespace/name` of the service account; the pod is in its namespace. */
  readonly account: string
  readonly name?: string
  readonly ip?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** `null` for a pod without a sidecar. */
  readonly proxyUid?: string | null
  readonly ready?: boolean
  /** As a pod of a StatefulSet has it. */
  readonly hostname?: string
  /** Numbers that the pod has for named target ports. */
  readonly namedPorts?: Readonly<Record<string, number>>
}

export interface PodFixture {
  readonly pod: InventoryPod
  readonly ready: boolean
  readonly hostname: string | undefined
  readonly namedPorts: Readonly<Record<string, number>>
}

/** Labelled `app=<account's name>` unless told otherwise. */
export function aPod(options: PodOptions): PodFixture {
  const account = anAccount(options.account)
  const name = options.name ?? account.name
  const uid = `pod-${account.namespace}-${name}`
  const { proxyUid = `proxy-${account.namespace}-${name}` } = options
  const pod: InventoryPod = {
    uid,
    namespace: account.namespace,
    name,
    ip: options.ip ?? clusterIpOf(uid).replace('198.19', '198.18'),
    account,
    labels: options.labels ?? { app: account.name },
    annotations: options.annotations ?? {},
    ...(proxyUid !== null && { proxyUid }),
  }
  const { ready = true, hostname, namedPorts = {} } = options
  return { pod, ready, hostname, namedPorts }
}

export interface InventoryOptions {
  readonly services?: readonly (ServiceOptions | InventoryService)[]
  readonly pods?: readonly (PodOptions | PodFixture)[]
  /** In place of what the selectors give. */
  readonly endpoints?: Readonly<Record<string, readonly InventoryEndpoint[]>>
}

export function anInventory(options: InventoryOptions = {}): ClusterInventory {
  const { services = [], pods = [], endpoints = {} } = options
  const built = services.map((one) => (isBuilt(one) ? one : aService(one)))
  const fixtures = pods.map((one) => ('pod' in one ? one : aPod(one)))
  const selected = built.map(
    (service) => [toServiceKey(service.name), endpointsOf(service, fixtures)] as const,
  )
  const given = Object.entries(endpoints).map(([key, own]) => [key as ServiceKey, own] as const)
  return {
    namespaces: new Set([
      ...built.map((service) => service.name.namespace),
      ...fixtures.map(({ pod }) => pod.namespace),
    ]),
    services: new Map(built.map((service) => [toServiceKey(service.name), service])),
    pods: new Map(fixtures.map(({ pod }) => [pod.uid, pod])),
    endpoints: new Map([...selected, ...given].filter(([, own]) => own.length > 0)),
  }
}

function endpointsOf(
  service: InventoryService,
  fixtures: readonly PodFixture[],
): readonly InventoryEndpoint[] {
  const wanted = Object.entries(service.selector)
  if (wanted.length === 0) return []
  return fixtures
    .filter(({ pod }) => pod.namespace === service.name.namespace)
    .filter(({ pod }) => wanted.every(([label, value]) => pod.labels[label] === value))
    .map((fixture) => toEndpoint(service, fixture))
    .sort((a, b) => (a.address < b.address ? -1 : 1))
}

function toEndpoint(service: InventoryService, fixture: PodFixture): InventoryEndpoint {
  const { pod, ready, hostname, namedPorts } = fixture
  const ports = service.ports.map(({ name, targetPort }) => {
    const number = typeof targetPort === 'number' ? targetPort : (namedPorts[targetPort] ?? 0)
    return [name, number] as const
  })
  return {
    address: pod.ip ?? '',
    ports: new Map(ports.filter(([, number]) => number > 0)),
    ready,
    podUid: pod.uid,
    ...(hostname !== undefined && { hostname }),
  }
}

function isBuilt(one: ServiceOptions | InventoryService): one is InventoryService {
  return typeof one.name !== 'string'
}
