import type { KubernetesObject } from '../../model/kubernetes-object.ts'

/** The object with the annotation, or without it for `undefined`. */
export function withAnnotation(
  object: KubernetesObject,
  key: string,
  value: string | undefined,
): KubernetesObject {
  const { [key]: _, ...others } = object.metadata.annotations ?? {}
  const annotations = value === undefined ? others : { ...others, [key]: value }
  return { ...object, metadata: { ...object.metadata, annotations } }
}
