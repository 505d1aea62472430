/** What a commit declares outside the namespaces that its MeshRepository gives it. */
import type { Problem } from '../../model/problem.ts'
import type { Intent } from '../../policy/intent.ts'
import { PROBLEM_CODES } from '../../policy/problem-codes.ts'
import type { RepositorySpec } from './repository-spec.ts'

/** A problem for each object; none where all namespaces are the repository's. */
export function scopeProblems(
  intent: Pick<Intent, 'objects'>,
  { name, namespaces }: Pick<RepositorySpec, 'name' | 'namespaces'>,
): readonly Problem[] {
  if (namespaces === undefined) return []
  const own = new Set(namespaces)
  return intent.objects.flatMap(({ id, location }): readonly Problem[] => {
    const isNamespace = id.kind === 'Namespace'
    const touched = isNamespace ? id.name : id.namespace
    if (own.has(touched)) return []
    return [
      {
        code: 'PLB0306',
        severity: PROBLEM_CODES.PLB0306.severity,
        location,
        path: isNamespace ? 'metadata.name' : 'metadata.namespace',
        message: `the MeshRepository ${name} does not let this repository touch the namespace ${touched}`,
        fix: 'add the namespace under spec.namespaces of the MeshRepository, or move the object to another repository',
      },
    ]
  })
}
