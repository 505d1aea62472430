/** The objects that a cluster should hold for a commit. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { DeclaredObject, Intent } from '../../policy/intent.ts'
import type { DesiredObject } from './desired-object.ts'

/** What of a Namespace is ours to set: its part in the mesh. The namespace itself belongs to whoever made it. */
const ENROLLMENT_LABELS = ['openservicemesh.io/ignore', 'openservicemesh.io/monitored-by'] as const
const ENROLLMENT_ANNOTATIONS = [
  'openservicemesh.io/metrics',
  'openservicemesh.io/sidecar-injection',
] as const

/** In the order of the Intent: sorted by key. Every field in them is applied, and none beside them. */
export function toDesiredObjects(intent: Intent): readonly DesiredObject[] {
  return intent.objects.map(toDesiredObject)
}

function toDesiredObject({ id, object, location }: DeclaredObject): DesiredObject {
  const isNamespace = id.group === '' && id.kind === 'Namespace'
  return { id, object: isNamespace ? toEnrollment(object) : withOwnMetadata(object), location }
}

function toEnrollment({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject {
  const { name, labels, annotations } = metadata
  const ours = withOptional(
    pick(labels, ENROLLMENT_LABELS),
    pick(annotations, ENROLLMENT_ANNOTATIONS),
  )
  return { apiVersion, kind, metadata: { name, ...ours } }
}

/** Everything but what the API server sets: status, and the metadata of the stored object (D25). */
function withOwnMetadata({ status: _status, ...object }: KubernetesObject): KubernetesObject {
  const { name, namespace, labels, annotations } = object.metadata
  const ours = withOptional(labels, annotations)
  return { ...object, metadata: { name, ...(namespace && { namespace }), ...ours } }
}

type Strings = Readonly<Record<string, string>>

/** An empty map is left out: applying it would claim a field that says nothing. */
function withOptional(
  labels: Strings = {},
  annotations: Strings = {},
): Pick<KubernetesObject['metadata'], 'labels' | 'annotations'> {
  return {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }
}

function pick(from: Strings = {}, names: readonly string[]): Strings {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = Object.hasOwn(from, name) ? from[name] : undefined
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
