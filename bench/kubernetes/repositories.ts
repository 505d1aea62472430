/** The generated repositories of the Kubernetes benchmark, as files that kubectl can apply too: namespaces come first by name. */

/** Path to text. */
export type Files = Readonly<Record<string, string>>

export interface Folder {
  readonly path: string
  readonly namespaces: readonly string[]
}

export interface GeneratedRepository {
  readonly name: string
  readonly files: Files
  /** All of them, with the namespaces. */
  readonly objects: number
  /** The folders that are followed, each by a MeshRepository of its own; none: all of it, by `plumb run --repository`. */
  readonly folders: readonly Folder[]
  /** The same repository with one line written differently; another one for every `round`. */
  readonly changed: (round: number) => Files
}

const GRANTS_PER_APPLICATION = 20
const APPLICATIONS_PER_NAMESPACE = 10

/** So many TrafficTargets: twenty to an application with its HTTPRouteGroup, ten applications to a namespace, a file each. */
export function manyGrants(grants: number): GeneratedRepository {
  const applications = Math.ceil(grants / GRANTS_PER_APPLICATION)
  const namespaces = Math.ceil(applications / APPLICATIONS_PER_NAMESPACE)
  const names = Array.from({ length: namespaces }, (_, at) => `ns-${at}`)
  const files: Record<string, string> = { '0-namespaces.yaml': namespacesFile(names) }
  for (let app = 0; app < applications; app++) {
    const namespace = `ns-${Math.floor(app / APPLICATIONS_PER_NAMESPACE)}`
    const count = Math.min(GRANTS_PER_APPLICATION, grants - app * GRANTS_PER_APPLICATION)
    const targets = Array.from({ length: count }, (_, at) => target(namespace, app, at, namespaces))
    files[`${namespace}/app-${app}.yaml`] = [routes(namespace, app), ...targets].join('---\n')
  }
  return {
    name: `${grants} TrafficTargets`,
    files,
    objects: namespaces + applications + grants,
    folders: [],
    changed: changing(files, 'ns-0/app-0.yaml'),
  }
}

/** So many namespaces of four objects: a grant with its routes, a split, and settings of the service; in so many repositories. */
export function manySets(sets: number, repositories = 1): GeneratedRepository {
  const all = Array.from({ length: sets }, (_, at) => at)
  const files: Record<string, string> = {}
  const folders = Array.from({ length: repositories }, (_, repository) => {
    const own = all.filter((set) => set % repositories === repository)
    const path = `repository-${repository}`
    const namespaces = own.map((set) => `ns-${set}`)
    files[`${path}/0-namespaces.yaml`] = namespacesFile(namespaces)
    for (const set of own) files[`${path}/ns-${set}/app.yaml`] = setFile(set, sets)
    return { path, namespaces }
  })
  const isOne = repositories === 1
  return {
    name: `${sets} sets of 4${isOne ? '' : ` in ${repositories} MeshRepositories`}`,
    files,
    objects: sets * 5,
    folders: isOne ? [] : folders,
    changed: changing(files, 'repository-0/ns-0/app.yaml'),
  }
}

function setFile(set: number, sets: number): string {
  const namespace = `ns-${set}`
  const documents = [routes, split, settings].map((document) => document(namespace, set))
  return [...documents, target(namespace, set, 0, sets)].join('---\n')
}

function changing(files: Files, path: string): (round: number) => Files {
  const text = files[path] ?? ''
  return (round) => {
    const changed = text.replace('/v1/items/', `/v${round + 2}/items/`)
    if (changed === text) throw new Error(`the line to change is not in ${path}`)
    return { [path]: changed }
  }
}

function namespacesFile(names: readonly string[]): string {
  return names.map(namespace).join('---\n')
}

function namespace(name: string): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels:
    openservicemesh.io/monitored-by: plumbline
`
}

function routes(namespace: string, app: number): string {
  return `apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata:
  name: app-${app}
  namespace: ${namespace}
spec:
  matches:
    - name: read
      pathRegex: /v1/items/[0-9]+
      methods: [GET, HEAD]
    - name: write
      pathRegex: /app-${app}/(create|update)/.*
      methods: [POST]
      headers:
        - x-team: team-${app % 20}
`
}

function target(namespace: string, app: number, at: number, namespaces: number): string {
  return `apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata:
  name: app-${app}-from-${at}
  namespace: ${namespace}
spec:
  destination:
    kind: ServiceAccount
    name: app-${app}
    namespace: ${namespace}
  rules:
    - kind: HTTPRouteGroup
      name: app-${app}
      matches: [${at % 3 === 0 ? 'read, write' : 'read'}]
  sources:
    - kind: ServiceAccount
      name: client-${at}
      namespace: ns-${(app * 7 + at * 11) % namespaces}
`
}

function split(namespace: string, app: number): string {
  return `apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata:
  name: app-${app}
  namespace: ${namespace}
spec:
  service: app-${app}
  backends:
    - service: app-${app}-v1
      weight: 90
    - service: app-${app}-v2
      weight: 10
`
}

function settings(namespace: string, app: number): string {
  return `apiVersion: policy.openservicemesh.io/v1alpha1
kind: UpstreamTrafficSetting
metadata:
  name: app-${app}
  namespace: ${namespace}
spec:
  host: app-${app}.${namespace}.svc.cluster.local
  connectionSettings:
    tcp:
      maxConnections: 100
`
}
