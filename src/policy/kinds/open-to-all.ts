/** Says once, where access is opened to everybody, that the TrafficTargets behind it have no effect. */
import type { Problem } from '../../model/problem.ts'
import type { DocumentPath } from '../document.ts'
import type { Declaration, LinkScope } from './kind-definition.ts'
import { grantSlot } from './slots.ts'

/** `namespace` is left out where the whole mesh is open. */
export function grantsWithoutEffect(
  { place }: Declaration,
  scope: LinkScope,
  at: { readonly path: DocumentPath; readonly namespace?: string },
): readonly Problem[] {
  const grant = scope.claimant(grantSlot(at.namespace))
  if (grant === undefined) return []
  const where = at.namespace === undefined ? 'the mesh' : at.namespace
  return [
    place.problem(at.path, {
      code: 'PLB0614',
      message: `permissive mode lets every service account of the mesh call ${where}, so TrafficTargets such as ${grant.id.name} have no effect`,
      fix: 'turn permissive mode off when the TrafficTargets are complete',
      related: [grant.place.locate(['metadata', 'name'])],
    }),
  ]
}
