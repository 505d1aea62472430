/** What the embedded cluster takes in: plain JSON of a served kind, with names and labels as Kubernetes has them. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { printObjectId, toObjectId, toObjectKind } from '../../model/object-id.ts'
import { type ApiResource, apiResourceOf } from '../api-resources.ts'
import { ClusterError } from '../cluster.ts'
import { isMap } from '../fields/field-tree.ts'

/** etcd's default request limit, which the API server inherits. */
const MAX_OBJECT_BYTES = 1_572_864
const MAX_ANNOTATION_BYTES = 262_144
const DNS_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/
const QUALIFIED_NAME =
  /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/
/** A DNS subdomain of 253, a slash and a name of 63. */
const MAX_QUALIFIED_NAME = 317
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$/

/** A deep-frozen copy without null members. Throws `KindNotServed` and `Invalid`. */
export function admitObject(object: KubernetesObject): {
  readonly object: KubernetesObject
  readonly resource: ApiResource
} {
  if (!isMap(object) || !isMap(object.metadata))
    throw new ClusterError('Invalid', 'the object has no metadata; it needs at least a name')
  const resource = servedResource(object)
  const json = JSON.stringify(object)
  if (Buffer.byteLength(json) > MAX_OBJECT_BYTES)
    throw invalid(object, `is larger than ${MAX_OBJECT_BYTES} bytes`)
  const copy = withoutNulls(JSON.parse(json)) as KubernetesObject
  const mistake = mistakeIn(copy, resource)
  if (mistake !== undefined) throw invalid(object, mistake)
  return { object: freeze(copy), resource }
}

/** Throws `KindNotServed`. */
export function servedResource(object: Pick<KubernetesObject, 'apiVersion' | 'kind'>): ApiResource {
  const resource = apiResourceOf(toObjectKind(object))
  if (resource === undefined)
    throw new ClusterError(
      'KindNotServed',
      `no kind ${object.kind} is served at ${object.apiVersion}`,
    )
  return resource
}

export function invalid(object: KubernetesObject, mistake: string): ClusterError {
  return new ClusterError('Invalid', `${printObjectId(toObjectId(object))} ${mistake}`)
}

function mistakeIn(object: KubernetesObject, resource: ApiResource): string | undefined {
  const { name, namespace } = object.metadata
  const pattern = resource.kind === 'Namespace' && resource.group === '' ? DNS_LABEL : DNS_SUBDOMAIN
  if (typeof name !== 'string' || name.length > 253 || !pattern.test(name))
    return `has the name ${JSON.stringify(name)}; use lowercase letters, digits, \`-\` and \`.\``
  if (resource.namespaced && (namespace === undefined || !DNS_LABEL.test(namespace)))
    return `has the namespace ${JSON.stringify(namespace)}; its kind needs the name of one`
  if (!resource.namespaced && namespace !== undefined) return 'has a namespace; its kind has none'
  return mistakeInLabels(object) ?? mistakeInAnnotations(object)
}

function mistakeInLabels(object: KubernetesObject): string | undefined {
  if (!isMap(object.metadata.labels ?? {})) return 'has labels that are not a map'
  for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
    if (!isQualifiedName(key))
      return `has the label ${JSON.stringify(key)}, which is not a label name`
    if (typeof value !== 'string' || !LABEL_VALUE.test(value))
      return `has the label ${key} with the value ${JSON.stringify(value)}; use at most 63 letters, digits, \`-\`, \`_\` and \`.\``
  }
  return undefined
}

function mistakeInAnnotations(object: KubernetesObject): string | undefined {
  if (!isMap(object.metadata.annotations ?? {})) return 'has annotations that are not a map'
  let bytes = 0
  for (const [key, value] of Object.entries(object.metadata.annotations ?? {})) {
    if (!isQualifiedName(key))
      return `has the annotation ${JSON.stringify(key)}, which is not an annotation name`
    if (typeof value !== 'string')
      return `has the annotation ${key} with a value that is not a string`
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  return bytes > MAX_ANNOTATION_BYTES
    ? `has ${bytes} bytes of annotations; the limit is ${MAX_ANNOTATION_BYTES}`
    : undefined
}

function isQualifiedName(key: string): boolean {
  return key.length <= MAX_QUALIFIED_NAME && QUALIFIED_NAME.test(key)
}

/** Kubernetes drops null members on the way in: `creationTimestamp: null` is what many programs write. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isMap(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, withoutNulls(member)]),
  )
}

/** What is stored is shared with every reader, so nobody may write to it. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) freeze(member)
  return Object.freeze(value)
}
