/** Equality label selectors: which objects a list or a watch is about. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ListOptions } from '../cluster.ts'

export function isSelected(object: KubernetesObject, options: ListOptions): boolean {
  if (options.namespace !== undefined && object.metadata.namespace !== options.namespace)
    return false
  const labels = object.metadata.labels ?? {}
  return Object.entries(options.labels ?? {}).every(([key, value]) => labels[key] === value)
}
