/** A merge patch of a stored object: read, patched, and updated at the version that was read. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type ObjectId, printObjectId } from '../../model/object-id.ts'
import { type Cluster, ClusterError } from '../cluster.ts'
import { mergePatch } from './merge-patch.ts'
import { badRequest } from './requests.ts'

/** Others may write between the read and the update; after so many times somebody is looping. */
const MAX_ATTEMPTS = 5

export async function patchObject(request: {
  readonly cluster: Cluster
  readonly id: ObjectId
  readonly patch: unknown
  readonly fieldManager: string
  readonly subresource: 'status' | undefined
}): Promise<KubernetesObject> {
  const { cluster, id, patch, fieldManager, subresource } = request
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw badRequest('a merge patch is an object; JSON patches are not served')
  for (let attempt = 1; ; attempt++) {
    const live = await cluster.get(id)
    if (live === undefined)
      throw new ClusterError('NotFound', `${printObjectId(id)} does not exist`)
    const next = mergePatch(live, patch) as KubernetesObject
    try {
      return await cluster.update(next, {
        fieldManager,
        ...(subresource === undefined ? {} : { subresource }),
      })
    } catch (error) {
      // A patch that names the version it is for stays refused.
      const isStale = next.metadata.resourceVersion === live.metadata.resourceVersion
      const mayRetry = error instanceof ClusterError && error.code === 'Conflict' && isStale
      if (!mayRetry || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

/**
 * A strategic merge patch, where it says the same as a merge patch: maps only. kubectl sends this form for the kinds it
 * knows; its lists and directives merge by rules of their own, which server-side apply replaces.
 */
export function asMergePatch(patch: unknown): unknown {
  if (Array.isArray(patch))
    throw badRequest(
      'strategic merge patches of lists are not served; use `kubectl apply --server-side`',
    )
  if (typeof patch !== 'object' || patch === null) return patch
  const directive = Object.keys(patch).find((name) => name.startsWith('$'))
  if (directive !== undefined)
    throw badRequest(
      `the strategic merge patch directive ${directive} is not served; use \`kubectl apply --server-side\``,
    )
  return Object.fromEntries(
    Object.entries(patch).map(([name, member]) => [name, asMergePatch(member)]),
  )
}
