/** The status that a MeshRepository carries. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { isMap } from '../fields/field-tree.ts'
import type { RepositoryStatus } from './repository-status.ts'

const STATIONS = ['sourced', 'validated', 'applied', 'enforced'] as const

/** `undefined` where there is none yet, or one that no version of ours has written: then it is made anew. */
export function readRepositoryStatus(object: KubernetesObject): RepositoryStatus | undefined {
  const status = object['status']
  if (!isMap(status) || !isMap(status['drift'])) return undefined
  const hasLists = [status['conditions'], status['history'], status['drift']['last']].every(
    Array.isArray,
  )
  return hasLists && STATIONS.every((name) => isMap(status[name]))
    ? (status as unknown as RepositoryStatus)
    : undefined
}
