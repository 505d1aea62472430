/** What is left of another mesh (Open Service Mesh had the same labels), and would fight with this one over pods. Pure. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { repositoryOf } from '../../reconciler/owner-mark.ts'
import { type Check, fail, pass, warn } from './check.ts'

const MONITORED_BY = 'openservicemesh.io/monitored-by'
const NAME = 'other meshes'
/** Names that its installer gives, with the mesh's name after them. */
const WEBHOOK_PREFIXES = ['osm-webhook-', 'osm-validator-mesh-']
const OSM_LABEL = ['app.kubernetes.io/name', 'openservicemesh.io'] as const

export interface OtherMeshFacts {
  readonly namespaces: readonly KubernetesObject[]
  /** Mutating and validating webhook configurations. */
  readonly webhooks: readonly KubernetesObject[]
  readonly deployments: readonly KubernetesObject[]
}

export function judgeOtherMeshes(facts: OtherMeshFacts): readonly Check[] {
  const checks = [
    ...judgeNamespaces(facts.namespaces),
    ...facts.webhooks.filter(isOsmWebhook).map(judgeWebhook),
    ...facts.deployments.filter(isOsmController).map(judgeController),
  ]
  return checks.length > 0 ? checks : [pass(NAME, 'nothing of another mesh')]
}

/** Those that a commit enrolls carry our mark. */
function judgeNamespaces(namespaces: readonly KubernetesObject[]): readonly Check[] {
  return namespaces.flatMap((namespace) => {
    const { name, labels = {} } = namespace.metadata
    const mesh = labels[MONITORED_BY]
    if (mesh === undefined || repositoryOf(namespace) !== undefined) return []
    return [
      warn(
        NAME,
        `the namespace ${name} is labelled for the mesh ${mesh}, and no commit enrolls it`,
        {
          expected: 'namespaces that a policy repository enrolls',
          fix: `commit the Namespace with its labels, or take the label off: kubectl label namespace ${name} ${MONITORED_BY}-`,
        },
      ),
    ]
  })
}

function isOsmWebhook({ metadata }: KubernetesObject): boolean {
  return WEBHOOK_PREFIXES.some((prefix) => metadata.name.startsWith(prefix)) || isOsm(metadata)
}

function isOsmController({ metadata }: KubernetesObject): boolean {
  return (
    metadata.name === 'osm-controller' || (isOsm(metadata) && metadata.name.includes('controller'))
  )
}

function isOsm({ labels = {} }: KubernetesObject['metadata']): boolean {
  return labels[OSM_LABEL[0]] === OSM_LABEL[1]
}

function judgeWebhook({ kind, metadata: { name } }: KubernetesObject): Check {
  return fail(NAME, `${kind} ${name} of Open Service Mesh is still there`, {
    expected:
      'no webhook of a mesh that is gone: it injects a sidecar of the old mesh, or refuses every pod when nobody answers it',
    fix: `kubectl delete ${kind.toLowerCase()} ${name}`,
  })
}

function judgeController({ metadata: { namespace, name } }: KubernetesObject): Check {
  return warn(NAME, `Deployment ${namespace}/${name} of Open Service Mesh runs`, {
    expected: 'one mesh for each namespace',
    fix: 'move its namespaces over one by one, then uninstall it: docs/osm-differences.md',
  })
}
