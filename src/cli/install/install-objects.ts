/** What `plumb install` applies: the shipped manifests as the flags change them. Pure. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { MESH_REPOSITORY } from '../../reconciler/repositories/mesh-repository-kind.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'

/** On everything that `plumb install` made, and `plumb uninstall` takes away again. */
export const INSTALLED_BY = { 'plumbline.dev/installed-by': 'plumb' } as const

export interface RepositoryChoice {
  readonly name: string
  readonly url: string
  readonly ref?: string
  readonly path?: string
}

export interface InstallChoices {
  /** Of the Deployment. */
  readonly replicas?: number
  /** Of the container, whole: `registry.example.com/plumbline:0.1.0`. */
  readonly image?: string
  /** To follow from the beginning. */
  readonly repository?: RepositoryChoice
}

/** In the order of the manifests; the repository, whose kind has to be served first, comes last. */
export function toInstallObjects(
  manifests: readonly KubernetesObject[],
  choices: InstallChoices,
): readonly KubernetesObject[] {
  const objects = manifests.map((object) => withMark(withChoices(object, choices)))
  const { repository } = choices
  return repository === undefined ? objects : [...objects, toMeshRepository(repository)]
}

/** What the flags leave open stays as it is where there is an installation: nobody loses replicas to an added repository. */
export function keepChoices(
  choices: InstallChoices,
  live: readonly KubernetesObject[],
): InstallChoices {
  const spec = live.find(({ kind }) => kind === 'Deployment')?.['spec'] as
    | DeploymentSpec
    | undefined
  const image = spec?.template.spec.containers[0]?.image
  return spec === undefined
    ? choices
    : { replicas: spec.replicas, ...(image !== undefined && { image }), ...choices }
}

/** As an object of the cluster. */
export function toMeshRepository({ name, ...spec }: RepositoryChoice): KubernetesObject {
  return {
    apiVersion: `${MESH_REPOSITORY.group}/${MESH_REPOSITORY.version}`,
    kind: MESH_REPOSITORY.kind,
    metadata: { name, namespace: CONTROL_NAMESPACE },
    spec,
  }
}

function withChoices(object: KubernetesObject, choices: InstallChoices): KubernetesObject {
  if (object.kind === 'Deployment') return withDeploymentChoices(object, choices)
  // One replica and a budget of one would hold up the drain of its node for ever.
  if (object.kind === 'PodDisruptionBudget' && choices.replicas === 1)
    return { ...object, spec: { ...(object['spec'] as object), minAvailable: 0 } }
  return object
}

interface DeploymentSpec {
  readonly replicas: number
  readonly template: {
    readonly spec: { readonly containers: readonly { readonly image: string }[] }
  }
}

function withDeploymentChoices(
  deployment: KubernetesObject,
  { replicas, image }: InstallChoices,
): KubernetesObject {
  const spec = deployment['spec'] as DeploymentSpec
  const { template } = spec
  const containers = template.spec.containers.map((container) => ({
    ...container,
    image: image ?? container.image,
  }))
  return {
    ...deployment,
    spec: {
      ...spec,
      replicas: replicas ?? spec.replicas,
      template: { ...template, spec: { ...template.spec, containers } },
    },
  }
}

/** Definitions carry the control plane's own mark, and outlive it. */
function withMark(object: KubernetesObject): KubernetesObject {
  if (object.kind === 'CustomResourceDefinition') return object
  const labels = { ...object.metadata.labels, ...INSTALLED_BY }
  return { ...object, metadata: { ...object.metadata, labels } }
}
