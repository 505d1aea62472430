/** Two commits that mirror each other: going from either to the other adds, changes, prunes, enrolls and un-enrolls as much. */
import { grantFile, NAMESPACE_FILE, ROUTES_FILE } from '../../support/policy-yaml.ts'
import type { ClusterView } from './cluster-view.ts'

export interface Half {
  readonly files: Readonly<Record<string, string>>
  /** What the cluster has once it is applied, beside what others have put there. */
  readonly view: Omit<ClusterView, 'others'>
}

/** Of a kind that the other commit has none of: nothing but the inventory remembers to look for it. */
const SPLIT = `
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: { name: flip, namespace: bookstore }
spec: { service: bookstore, backends: [{ service: bookstore-v1, weight: 1 }] }
`
const ROUTE = `
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: { name: flop, namespace: bookstore }
spec: { matches: { ports: [9000] } }
`

export const FLIP = half('flip', SPLIT)
export const FLOP = half('flop', ROUTE)
export const NOTHING: Half = {
  files: {},
  view: { grants: {}, patterns: [], rare: [], marked: [], enrolled: [] },
}

/** What both have, and no commit between them takes away. */
export const LASTING = ['bookstore', 'routes', 'both']

function half(own: string, rare: string): Half {
  const namespace = NAMESPACE_FILE['namespace.yaml'] ?? ''
  const routes = ROUTES_FILE['routes.yaml'] ?? ''
  const grant = `${own}-1`
  return {
    files: {
      ...NAMESPACE_FILE,
      [`namespace-${own}.yaml`]: namespace.replace('name: bookstore', `name: ${own}`),
      'routes.yaml': routes.replace("pathRegex: '.*'", `pathRegex: '/${own}'`),
      ...grantFile(own, 'both'),
      ...grantFile('bookbuyer', grant),
      [`rare-${own}.yaml`]: rare,
    },
    view: {
      grants: { both: [own], [grant]: ['bookbuyer'] },
      patterns: [`/${own}`],
      rare: [own],
      marked: ['bookstore', own],
      enrolled: ['bookstore', own],
    },
  }
}
