/** Looks at everything, one thing after the other; what cannot be looked at is said and does not stop the rest. */
import type { Instant } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ObjectKind } from '../../model/object-id.ts'
import { type Cluster, ClusterError, type ListOptions } from '../../reconciler/cluster.ts'
import { LEASE_NAME } from '../../reconciler/election/leader-lease.ts'
import { LEASE } from '../../reconciler/election/lease.ts'
import { MESH_REPOSITORY } from '../../reconciler/repositories/mesh-repository-kind.ts'
import { customResourceDefinitions } from '../../render/kubernetes/crds/custom-resource-definitions.ts'
import { CONTROL_NAMESPACE, CONTROL_PLANE_ACCOUNT } from '../run/serving/control-plane-identity.ts'
import { rootSecretId } from '../run/serving/root-store-secret.ts'
import { type ApiServerFacts, judgeApiServer, judgeClock } from './api-server.ts'
import { type Check, warn } from './check.ts'
import { judgeDefinitions } from './definitions.ts'
import { checkGitAccess } from './git-access.ts'
import { judgeLeader } from './leader.ts'
import { judgeOtherMeshes } from './other-meshes.ts'
import { judgeRepositories } from './repositories.ts'
import { checkRights } from './rights.ts'
import { judgeRoot } from './root.ts'
import { judgeDeployment, judgeNamespace } from './workload.ts'

export interface DoctorInput {
  readonly cluster: Cluster
  readonly facts: ApiServerFacts
  readonly manifests: readonly KubernetesObject[]
  /** As soon as each is known. */
  readonly onCheck: (check: Check) => void
}

const IN_CONTROL = { namespace: CONTROL_NAMESPACE } as const
const CONTROLLER = { ...IN_CONTROL, name: CONTROL_PLANE_ACCOUNT.name } as const
const DEPLOYMENT: ObjectKind = { group: 'apps', version: 'v1', kind: 'Deployment' }
const core = (kind: string): ObjectKind => ({ group: '', version: 'v1', kind })
const DEFINITION: ObjectKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
}
const WEBHOOKS = ['Mutating', 'Validating'].map((which) => ({
  ...{ group: 'admissionregistration.k8s.io', version: 'v1' },
  kind: `${which}WebhookConfiguration`,
}))

/** Throws `ClusterError` when the API server stops answering. */
export async function runDoctor(
  input: DoctorInput,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { cluster, facts, manifests, onCheck } = input
  const checks: Check[] = []
  const look = async (name: string, ask: () => Promise<readonly Check[]>) => {
    signal.throwIfAborted()
    for (const check of await tolerating(name, ask)) {
      checks.push(check)
      onCheck(check)
    }
  }
  const now = facts.itsTime ?? facts.ourTime
  const [deployment, lease] = await Promise.all([
    getIfAllowed(cluster, { ...DEPLOYMENT, ...CONTROLLER }),
    getIfAllowed(cluster, { ...LEASE, ...IN_CONTROL, name: LEASE_NAME }),
  ])
  await look('API server', async () => [judgeApiServer(facts), judgeClock(facts)])
  await look('rights', async () => [
    await checkRights(cluster, manifests, deployment !== undefined),
  ])
  await look('definitions', async () =>
    judgeDefinitions(customResourceDefinitions(), byName(await list(cluster, DEFINITION))),
  )
  await look('control namespace', async () => [
    judgeNamespace(
      await cluster.get({ ...core('Namespace'), namespace: '', name: CONTROL_NAMESPACE }),
    ),
  ])
  await look('deployment', async () => [judgeDeployment(await workload(cluster, deployment))])
  if (deployment !== undefined) await look('leader', async () => [judgeLeader(lease, now)])
  await look('root', async () => [await root(cluster, now, lease !== undefined)])
  await look('repositories', async () => await repositories(cluster, signal))
  await look('other meshes', async () => await otherMeshes(cluster))
  return checks
}

async function workload(cluster: Cluster, deployment: KubernetesObject | undefined) {
  if (deployment === undefined) return { deployment, pods: [] }
  const { selector } = deployment['spec'] as {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
  }
  const pods = await list(cluster, core('Pod'), { ...IN_CONTROL, labels: selector.matchLabels })
  return { deployment, pods }
}

async function root(cluster: Cluster, now: Instant, hasRun: boolean): Promise<Check> {
  return judgeRoot(await cluster.get(rootSecretId(CONTROL_NAMESPACE)), now, hasRun)
}

async function repositories(cluster: Cluster, signal: AbortSignal): Promise<readonly Check[]> {
  const all = await list(cluster, MESH_REPOSITORY)
  const here = all.filter(({ metadata }) => metadata.namespace === CONTROL_NAMESPACE)
  const git = await Promise.all(here.map((object) => checkGitAccess(cluster, object, signal)))
  return [...judgeRepositories(all), ...git.flat()]
}

async function otherMeshes(cluster: Cluster): Promise<readonly Check[]> {
  const [namespaces, deployments, ...webhooks] = await Promise.all([
    list(cluster, core('Namespace')),
    list(cluster, DEPLOYMENT),
    ...WEBHOOKS.map((kind) => list(cluster, kind)),
  ])
  return judgeOtherMeshes({ namespaces, deployments, webhooks: webhooks.flat() })
}

function byName(objects: readonly KubernetesObject[]): ReadonlyMap<string, KubernetesObject> {
  return new Map(objects.map((object) => [object.metadata.name, object]))
}

/** A kind that nobody has defined has no objects. */
async function list(
  cluster: Cluster,
  kind: ObjectKind,
  options?: ListOptions,
): Promise<readonly KubernetesObject[]> {
  try {
    return (await cluster.list(kind, options)).items
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'KindNotServed') return []
    throw error
  }
}

async function getIfAllowed(
  cluster: Cluster,
  id: Parameters<Cluster['get']>[0],
): Promise<KubernetesObject | undefined> {
  try {
    return await cluster.get(id)
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'Forbidden') return undefined
    throw error
  }
}

/** What we may not look at is no fault of the installation. */
async function tolerating(
  name: string,
  ask: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === 'Forbidden')) throw error
    return [
      warn(name, `it could not be looked at: ${error.message}`, {
        expected: 'the right to look at it',
        fix: 'run plumb doctor as an administrator of the cluster',
      }),
    ]
  }
}
