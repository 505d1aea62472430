/** Where objects live in a Kubernetes API. */
import { type ObjectId, type ObjectKind, toApiVersion } from '../../model/object-id.ts'
import { type ApiResource, apiResourceOf } from '../api-resources.ts'
import { ClusterError } from '../cluster.ts'

/** `/api/v1`, or `/apis/GROUP/VERSION`. */
export function versionPath(kind: ObjectKind): string {
  return kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`
}

/** The collection of one namespace, or of all of them where none is given. */
export function collectionPath(kind: ObjectKind, namespace?: string): string {
  const { plural } = resourceOf(kind)
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${versionPath(kind)}${within}/${plural}`
}

export function objectPath(id: ObjectId): string {
  const namespace = id.namespace === '' ? undefined : id.namespace
  return `${collectionPath(id, namespace)}/${encodeURIComponent(id.name)}`
}

function resourceOf(kind: ObjectKind): ApiResource {
  const resource = apiResourceOf(kind)
  if (resource === undefined)
    throw new ClusterError(
      'KindNotServed',
      `no kind ${kind.kind} is served at ${toApiVersion(kind)}`,
    )
  return resource
}
