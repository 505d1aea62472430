/** The CustomResourceDefinition of MeshRepository: no kind of policy, but what says which policies are followed. */
import type { KubernetesObject } from '../../../model/kubernetes-object.ts'
import type { JsonSchema } from '../../../policy/json-schema.ts'
import { MESH_REPOSITORY_SPEC } from './mesh-repository-spec-schema.ts'
import { MESH_REPOSITORY_STATUS } from './mesh-repository-status-schema.ts'

const READY = '.status.conditions[?(@.type=="Ready")]'

const COLUMNS: readonly JsonSchema[] = [
  { name: 'Ready', type: 'string', jsonPath: `${READY}.status` },
  { name: 'Commit', type: 'string', jsonPath: '.status.commitShort' },
  { name: 'Enforced', type: 'string', jsonPath: '.status.enforced.summary' },
  { name: 'Status', type: 'string', jsonPath: `${READY}.message` },
  { name: 'URL', type: 'string', jsonPath: '.spec.url', priority: 1 },
  { name: 'Ref', type: 'string', jsonPath: '.spec.ref', priority: 1 },
  { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspend', priority: 1 },
  { name: 'Pinned', type: 'string', jsonPath: '.status.pin.state', priority: 1 },
  { name: 'Objects', type: 'integer', jsonPath: '.status.inventory.objects', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
]

const SCHEMA: JsonSchema = {
  description:
    'A policy repository that the mesh follows. Only those in the namespace of the control plane are obeyed.',
  type: 'object',
  required: ['spec'],
  'x-kubernetes-validations': [
    {
      rule: 'size(self.metadata.name) <= 63',
      message: 'metadata.name is a label value of all its objects; use at most 63 characters',
    },
    {
      rule: '!has(self.spec.dependsOn) || !self.spec.dependsOn.exists(one, one.name == self.metadata.name)',
      message: 'spec.dependsOn names the repository itself; take that out',
    },
  ],
  properties: { spec: MESH_REPOSITORY_SPEC, status: MESH_REPOSITORY_STATUS },
}

export function meshRepositoryDefinition(
  labels: Readonly<Record<string, string>>,
): KubernetesObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'meshrepositories.plumbline.dev', labels },
    spec: {
      group: 'plumbline.dev',
      names: {
        kind: 'MeshRepository',
        listKind: 'MeshRepositoryList',
        plural: 'meshrepositories',
        singular: 'meshrepository',
        shortNames: ['mrepo'],
      },
      scope: 'Namespaced',
      conversion: { strategy: 'None' },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: SCHEMA },
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
        },
      ],
    },
  }
}
