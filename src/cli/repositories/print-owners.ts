import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { fieldOwners } from './field-owners.ts'

/** A line that warns of whoever else keeps the field of the spec, or nothing. */
export function printOwners(object: KubernetesObject, field: string): string {
  const owners = fieldOwners(object, field)
  if (owners.length === 0) return ''
  const who = owners.join(' and ')
  return `  note: spec.${field} of ${object.metadata.name} is kept by ${who}, which may put it back; say it there as well\n`
}
