/** A generated policy repository of 10,000 documents: 1,000 services and 500 service accounts in 50 namespaces. */
import { createHash } from 'node:crypto'
import type { SourceFile } from '../src/model/source-file.ts'

const NAMESPACES = 50
const ACCOUNTS_PER_NAMESPACE = 10
const GRANTS_PER_ACCOUNT = 8

/** One file an account: what it offers, who may use it, how its traffic is split, and what must hold. */
export function generatePolicies(): readonly SourceFile[] {
  const files: SourceFile[] = [file('mesh.yaml', meshConfig())]
  for (let n = 0; n < NAMESPACES; n++) {
    files.push(file(`ns-${n}/namespace.yaml`, namespace(n)))
    for (let a = 0; a < ACCOUNTS_PER_NAMESPACE; a++)
      files.push(file(`ns-${n}/app-${a}.yaml`, application(n, a)))
  }
  return files
}

/** The repository with one line of one file written differently: one grant reaches further. */
export function changeOneLine(files: readonly SourceFile[]): readonly SourceFile[] {
  return files.map((one) => (one.path === 'ns-7/app-3.yaml' ? widened(one) : one))
}

/** The same line of every file. */
export function changeEveryFile(files: readonly SourceFile[]): readonly SourceFile[] {
  return files.map((one) => (one.path.includes('/app-') ? widened(one) : one))
}

function widened(one: SourceFile): SourceFile {
  const text = new TextDecoder().decode(one.bytes)
  const changed = text.replace('pathRegex: /v1/items/[0-9]+', 'pathRegex: /v1/items/[0-9a-f]+')
  if (changed === text) throw new Error(`the line to change is not in ${one.path}`)
  return file(one.path, changed)
}

function file(path: string, text: string): SourceFile {
  const bytes = new TextEncoder().encode(text)
  const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  return { path, blob, type: 'file', bytes }
}

function meshConfig(): string {
  return `apiVersion: config.openservicemesh.io/v1alpha2
kind: MeshConfig
metadata: {name: osm-mesh-config, namespace: ns-0}
spec: {traffic: {enablePermissiveTrafficPolicyMode: false}}
`
}

function namespace(n: number): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: ns-${n}
  labels:
    openservicemesh.io/monitored-by: plumbline
`
}

function application(n: number, a: number): string {
  return [
    ...Array.from({ length: GRANTS_PER_ACCOUNT }, (_, g) => routes(n, a, g)),
    ...Array.from({ length: GRANTS_PER_ACCOUNT }, (_, g) => target(n, a, g)),
    tcpRoute(n, a),
    split(n, a),
    upstreamTrafficSetting(n, a),
    policyTest(n, a),
  ].join('---\n')
}

function routes(n: number, a: number, g: number): string {
  return `# What clients of group ${g} may ask of app-${a}.
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata:
  name: app-${a}-routes-${g}
  namespace: ns-${n}
spec:
  matches:
    - name: read
      pathRegex: /v1/items/[0-9]+
      methods: [GET, HEAD]
    - name: write
      pathRegex: /v1/app-${a}/group-${g}/(create|update)/.*
      methods: [POST]
      headers:
        - x-team: team-${(n + g) % 20}
`
}

function target(n: number, a: number, g: number): string {
  const sources = [1, 2, 3].map((step) => {
    const from = (n * 7 + a * 3 + g * 5 + step * 11) % NAMESPACES
    return `    - kind: ServiceAccount
      name: app-${(a + g + step) % ACCOUNTS_PER_NAMESPACE}
      namespace: ns-${from}
`
  })
  return `apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata:
  name: app-${a}-from-${g}
  namespace: ns-${n}
spec:
  destination:
    kind: ServiceAccount
    name: app-${a}
    namespace: ns-${n}
  rules:
    - kind: HTTPRouteGroup
      name: app-${a}-routes-${g}
      matches: [read, write]
${g === 0 ? `    - kind: TCPRoute\n      name: app-${a}-tcp\n` : ''}  sources:
${sources.join('')}`
}

function tcpRoute(n: number, a: number): string {
  return `apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: app-${a}-tcp, namespace: ns-${n}}
spec: {matches: {ports: [5432, 6379]}}
`
}

/** Two services an application: the one that clients call, and the next version. */
function split(n: number, a: number): string {
  return `apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: app-${a}, namespace: ns-${n}}
spec:
  service: app-${a}
  backends:
    - {service: app-${a}, weight: 90}
    - {service: app-${a}-next, weight: 10}
`
}

function upstreamTrafficSetting(n: number, a: number): string {
  return `apiVersion: policy.openservicemesh.io/v1alpha1
kind: UpstreamTrafficSetting
metadata: {name: app-${a}, namespace: ns-${n}}
spec:
  host: app-${a}.ns-${n}.svc.cluster.local
  connectionSettings:
    tcp: {maxConnections: 100}
`
}

function policyTest(n: number, a: number): string {
  return `apiVersion: plumbline.dev/v1alpha1
kind: PolicyTest
metadata: {name: app-${a}, namespace: ns-${n}}
spec:
  cases:
    - name: strangers do not read
      from: {namespace: ns-${n}, serviceAccount: nobody}
      to: {namespace: ns-${n}, service: app-${a}}
      request: {method: GET, path: /v1/items/1}
      expect: deny
`
}
