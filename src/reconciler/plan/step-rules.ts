/** What a repository's settings and the other repositories say about what may happen to an object. */
import type { Ownership } from '../ownership.ts'

export interface StepRules {
  /** The repository's name in this cluster: a label value. */
  readonly repository: string
  /** Whether namespaces that the commit's objects need are made; otherwise such objects wait for them. */
  readonly createNamespaces: boolean
  readonly ownership: Ownership
  /** `disabled`: what leaves the repository stays in the cluster, tracked, until this is `enabled` again. */
  readonly prune: 'enabled' | 'disabled'
}
