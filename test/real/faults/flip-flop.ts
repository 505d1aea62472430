/** Two commits that mirror each other: going from either to the other adds, changes, prunes, enrolls and un-enrolls as much. */
import { grantFile, NAMESPACE_FILE, ROUTES_FILE } from '../../support/policy-yaml.ts'
import type { ClusterView } from './cluster-view.ts'

export interface Half {
  readonly files: Readonly<Record<string, string>>
  /** What the cluster has once it is applied, beside what others have put there. */
  readonly view: Omit<ClusterView, 'others'>
}

export const FLIP = half('flip')
export const FLOP = half('flop')
export const NOTHING: Half = {
  files: {},
  view: { grants: {}, patterns: [], marked: [], enrolled: [] },
}

/** What both have, and no commit between them takes away. */
export const LASTING = ['bookstore', 'routes', 'both']

function half(own: string): Half {
  const namespace = NAMESPACE_FILE['namespace.yaml'] ?? ''
  const routes = ROUTES_FILE['routes.yaml'] ?? ''
  const [one, two] = [`${own}-1`, `${own}-2`]
  return {
    files: {
      ...NAMESPACE_FILE,
      [`namespace-${own}.yaml`]: namespace.replace('name: bookstore', `name: ${own}`),
      'routes.yaml': routes.replace("pathRegex: '.*'", `pathRegex: '/${own}'`),
      ...grantFile(own, 'both'),
      ...grantFile('bookbuyer', one),
      ...grantFile('bookbuyer', two),
    },
    view: {
      grants: { both: [own], [one]: ['bookbuyer'], [two]: ['bookbuyer'] },
      patterns: [`/${own}`],
      marked: ['bookstore', own],
      enrolled: ['bookstore', own],
    },
  }
}
