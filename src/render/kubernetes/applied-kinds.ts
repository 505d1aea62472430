/** Every kind that a commit can put into a cluster, at the version it is applied in. This is all that is ever looked through. */
import type { ObjectKind } from '../../model/object-id.ts'
import { KINDS } from '../../policy/registry.ts'

/** In the order of the registry. */
export function appliedKinds(): readonly ObjectKind[] {
  return KINDS.filter(({ applied }) => applied).map(({ group, kind, versions }) => ({
    group,
    version: versions[0].name,
    kind,
  }))
}
