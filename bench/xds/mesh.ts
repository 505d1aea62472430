/** The mesh that is measured: services that call their neighbours, as a policy repository, a cluster and its commits. */
import { createHash } from 'node:crypto'
import type {
  ClusterInventory,
  InventoryPod,
  InventoryService,
} from '../../src/model/cluster-inventory.ts'
import { type CommitSha, toCommitSha } from '../../src/model/commit-sha.ts'
import type { ServiceAccount } from '../../src/model/service-account.ts'
import { toServiceKey } from '../../src/model/service-name.ts'
import type { SourceFile } from '../../src/model/source-file.ts'

/** How many other services may call each service. */
const CALLERS = 3
const PORT = 8_080

export interface BenchProxy {
  readonly account: ServiceAccount
  readonly proxyUid: string
}

/** What a commit changes: one line of one file, or that line in every service's file. */
export type Change = 'one service' | 'every service'

export class BenchMesh {
  readonly inventory: ClusterInventory
  readonly proxies: readonly BenchProxy[]
  readonly #files: SourceFile[]
  readonly #services: readonly string[]
  #commits = 0

  /** Pods are spread over the services; every service has at least one. */
  constructor(services: number, pods: number) {
    this.#services = Array.from({ length: services }, (_, n) => `s${String(n).padStart(4, '0')}`)
    this.proxies = Array.from({ length: Math.max(services, pods) }, (_, n) => {
      const name = this.#services[n % services] ?? ''
      return { account: { namespace: name, name }, proxyUid: `${name}-${Math.floor(n / services)}` }
    })
    this.inventory = inventoryOf(this.#services, this.proxies)
    this.#files = this.#services.flatMap((name, n) => [
      aFile(`${name}/mesh.yaml`, policyOf(name, callersOf(this.#services, n))),
      aFile(`${name}/routes.yaml`, routesOf(name, 0)),
    ])
  }

  /** The next commit, whole, as the git source would hand it over. */
  commit(change: Change | 'none'): { readonly commit: CommitSha; readonly files: SourceFile[] } {
    this.#commits += 1
    const changed = { none: 0, 'one service': 1, 'every service': this.#services.length }[change]
    for (const name of this.#services.slice(0, changed)) {
      const at = this.#files.findIndex(({ path }) => path === `${name}/routes.yaml`)
      this.#files[at] = aFile(`${name}/routes.yaml`, routesOf(name, this.#commits))
    }
    const commit = toCommitSha(this.#commits.toString(16).padStart(40, '0'))
    return { commit, files: [...this.#files] }
  }
}

function callersOf(services: readonly string[], n: number): readonly string[] {
  return Array.from({ length: CALLERS }, (_, k) => services[(n + k + 1) % services.length] ?? '')
}

function aFile(path: string, text: string): SourceFile {
  const blob = createHash('sha1').update(text).digest('hex')
  return { path, blob, type: 'file', bytes: Buffer.from(text) }
}

function policyOf(name: string, callers: readonly string[]): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels:
    openservicemesh.io/monitored-by: plumbline
  annotations:
    openservicemesh.io/sidecar-injection: enabled
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata:
  name: ${name}
  namespace: ${name}
spec:
  destination:
    kind: ServiceAccount
    name: ${name}
    namespace: ${name}
  sources:
${callers.map((caller) => `    - kind: ServiceAccount\n      name: ${caller}\n      namespace: ${caller}`).join('\n')}
  rules:
    - kind: HTTPRouteGroup
      name: ${name}
      matches: [read, write]
`
}

function routesOf(name: string, edition: number): string {
  return `apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata:
  name: ${name}
  namespace: ${name}
spec:
  matches:
    - name: read
      pathRegex: /v${edition}/items/[0-9]+
      methods: [GET]
    - name: write
      pathRegex: /v1/items
      methods: [POST, PUT]
`
}

function inventoryOf(
  services: readonly string[],
  proxies: readonly BenchProxy[],
): ClusterInventory {
  const pods = proxies.map(podOf)
  return {
    namespaces: new Set(services),
    services: new Map(
      services.map((name, n) => [toServiceKey({ namespace: name, name }), serviceOf(name, n)]),
    ),
    pods: new Map(pods.map((pod) => [pod.uid, pod])),
    endpoints: new Map(
      [...Map.groupBy(pods, ({ namespace }) => namespace)].map(([name, own]) => [
        toServiceKey({ namespace: name, name }),
        own
          .map(({ ip = '', uid }) => ({
            address: ip,
            ports: new Map([['http', PORT]]),
            ready: true,
            podUid: uid,
          }))
          .sort((a, b) => (a.address < b.address ? -1 : 1)),
      ]),
    ),
  }
}

function serviceOf(name: string, n: number): InventoryService {
  return {
    name: { namespace: name, name },
    clusterIps: [`10.96.${n >> 8}.${n & 255}`],
    ports: [{ name: 'http', port: PORT, targetPort: PORT, protocol: 'TCP', appProtocol: 'http' }],
    selector: { app: name },
  }
}

function podOf({ account, proxyUid }: BenchProxy, n: number): InventoryPod {
  return {
    uid: `pod-${proxyUid}`,
    namespace: account.namespace,
    name: proxyUid,
    ip: `10.${16 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`,
    account,
    labels: { app: account.name },
    annotations: {},
    proxyUid,
  }
}
