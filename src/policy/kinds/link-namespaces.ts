/** Warnings about rules that reach no pod of the mesh, because a namespace is not enrolled in the commit. */
import type { Problem } from '../../model/problem.ts'
import type { DocumentPath } from '../document.ts'
import type { GrantSource } from '../intent/grant.ts'
import type { Declaration, LinkScope } from './kind-definition.ts'
import { NAMESPACE } from './namespace.ts'

/** `undefined` when nothing can be said, because the Namespace has problems of its own. */
function isEnrolled(name: string, scope: LinkScope): boolean | undefined {
  const found = scope.find(NAMESPACE, { namespace: '', name })
  if (found.type === 'unusable') return undefined
  return found.type === 'found' && found.part.enrolled
}

export function judgeOwnNamespace(declaration: Declaration, scope: LinkScope): readonly Problem[] {
  const { namespace, kind } = declaration.id
  if (isEnrolled(namespace, scope) !== false) return []
  return [
    declaration.place.problem(['metadata', 'namespace'], {
      code: 'PLB0409',
      message: `the namespace ${namespace} is not enrolled in this commit, so this ${kind} has no effect`,
      fix: `commit the Namespace ${namespace} with the label openservicemesh.io/monitored-by`,
    }),
  ]
}

/** A source without a proxy has no identity, so nobody can ever call as it. Said once a namespace. */
export function judgeSourceNamespaces(
  sources: readonly GrantSource[],
  declaration: Declaration,
  scope: LinkScope,
): readonly Problem[] {
  const named = new Map(sources.map((source) => [source.account.namespace, source]))
  named.delete(declaration.id.namespace)
  return [...named]
    .filter(([namespace]) => isEnrolled(namespace, scope) === false)
    .map(([namespace, source]) => ({
      ...declaration.place.problem(sourcePath, notEnrolled(namespace)),
      location: source.location,
    }))
}

const sourcePath: DocumentPath = ['spec', 'sources']

function notEnrolled(namespace: string) {
  return {
    code: 'PLB0410',
    message: `the namespace ${namespace} is not enrolled in this commit, so its pods have no identity and this source matches nobody`,
    fix: `commit the Namespace ${namespace} with the label openservicemesh.io/monitored-by, or remove the source`,
  } as const
}
