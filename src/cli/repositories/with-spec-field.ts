import type { KubernetesObject } from '../../model/kubernetes-object.ts'

/** The object with `spec.<field>`, or without it for `undefined`. */
export function withSpecField(
  object: KubernetesObject,
  field: string,
  value: unknown,
): KubernetesObject {
  const { [field]: _, ...others } = (object['spec'] ?? {}) as Readonly<Record<string, unknown>>
  return { ...object, spec: value === undefined ? others : { ...others, [field]: value } }
}
