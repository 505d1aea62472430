/** A small policy repository as files, for tests of the reconciler: a namespace, routes, grants. */

type Files = Readonly<Record<string, string>>

export const NAMESPACE_FILE: Files = {
  'namespace.yaml': `
apiVersion: v1
kind: Namespace
metadata:
  name: bookstore
  labels: { openservicemesh.io/monitored-by: osm }
`,
}

export const ROUTES_FILE: Files = {
  'routes.yaml': `
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: routes, namespace: bookstore }
spec:
  matches:
    - { name: all, methods: ['*'], pathRegex: '.*' }
`,
}

/** A file with one grant to `source`, in its own namespace, for the account `bookstore`. */
export function grantFile(source: string, name = source): Files {
  return {
    [`grant-${name}.yaml`]: `
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: ${name}, namespace: bookstore }
spec:
  destination: { kind: ServiceAccount, name: bookstore, namespace: bookstore }
  rules:
    - { kind: HTTPRouteGroup, name: routes, matches: [all] }
  sources:
    - { kind: ServiceAccount, name: ${source}, namespace: bookstore }
`,
  }
}

export const BOOKSTORE_FILES: Files = {
  ...NAMESPACE_FILE,
  ...ROUTES_FILE,
  ...grantFile('bookbuyer'),
}
