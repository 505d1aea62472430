/** The CustomResourceDefinitions of every kind that a commit can put into a cluster, and of MeshRepository. */
import type { KubernetesObject } from '../../../model/kubernetes-object.ts'
import { type JsonSchema, toJsonSchema } from '../../../policy/json-schema.ts'
import type { KindDefinition, KindVersion } from '../../../policy/kinds/kind-definition.ts'
import { KINDS } from '../../../policy/registry.ts'
import { traitsOf } from './kind-traits.ts'
import { meshRepositoryDefinition } from './mesh-repository-definition.ts'
import { toStructuralSchema } from './structural-schema.ts'

/** On definitions that we installed; one without it is from elsewhere and not ours to change. */
export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'plumbline' } as const

const AGE = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' } as const
const OPEN: JsonSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** The kinds of policy in the order of the registry, then MeshRepository. */
export function customResourceDefinitions(): readonly KubernetesObject[] {
  const policies = KINDS.filter(({ applied, group }) => applied && group !== '')
  return [...policies.map(toDefinition), meshRepositoryDefinition(MANAGED_BY)]
}

function toDefinition(definition: KindDefinition): KubernetesObject {
  const { group, kind, plural, namespaced, versions } = definition
  const { shortNames } = traitsOf(kind)
  const names = { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: MANAGED_BY },
    spec: {
      group,
      names: { ...names, ...(shortNames.length > 0 && { shortNames }) },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      // No conversion webhook: an object is read back as it was written, under another version's name. We only write the
      // canonical one, and read the others for the sake of those who applied them before there was a repository.
      conversion: { strategy: 'None' },
      versions: versions.map((version) => toVersion(definition, version)),
    },
  }
}

function toVersion(definition: KindDefinition, version: KindVersion<unknown>): JsonSchema {
  const isCanonical = version === definition.versions[0]
  const { hasStatus, columns } = traitsOf(definition.kind)
  return {
    name: version.name,
    served: true,
    storage: isCanonical,
    schema: { openAPIV3Schema: isCanonical ? canonicalSchema(definition) : OPEN },
    ...(hasStatus && { subresources: { status: {} } }),
    additionalPrinterColumns: isCanonical ? [...columns, AGE] : [AGE],
  }
}

/** `apiVersion`, `kind` and `metadata` are the API server's own, and it takes no word of ours about them. */
function canonicalSchema(definition: KindDefinition): JsonSchema {
  const { properties, required, description } = toJsonSchema(definition)
  const { apiVersion, kind, metadata, status, ...body } = properties as JsonSchema
  const ours = toStructuralSchema({
    description,
    type: 'object',
    required: (required as readonly string[]).filter((name) => Object.hasOwn(body, name)),
    properties: body,
  })
  return { ...ours, properties: { ...(ours['properties'] as JsonSchema), status: OPEN } }
}
