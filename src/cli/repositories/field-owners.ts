import type { KubernetesObject, ManagedFieldsEntry } from '../../model/kubernetes-object.ts'

/** Programs that write again what they wrote before, and do it by updates, which look like anybody's. */
const UPDATING = new Set(['helm', 'kubectl-client-side-apply', 'argocd-controller'])

/** Who declares `spec.<field>` and will write it again, as the API server says (FieldsV1); sorted. */
export function fieldOwners({ metadata }: KubernetesObject, field: string): readonly string[] {
  const owners = (metadata.managedFields ?? [])
    .filter((entry) => isDeclared(entry) && owns(entry, field))
    .map(({ manager }) => manager)
  return [...new Set(owners)].sort()
}

function isDeclared({ operation, manager }: ManagedFieldsEntry): boolean {
  return operation === 'Apply' || UPDATING.has(manager)
}

function owns({ fieldsV1 }: ManagedFieldsEntry, field: string): boolean {
  return `f:${field}` in ((fieldsV1['f:spec'] ?? {}) as object)
}
