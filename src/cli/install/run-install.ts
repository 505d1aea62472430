/** Installs the control plane into a cluster: every object is looked at before the first is written. */
import type { Clock, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { printObjectId, toObjectId, toObjectKey } from '../../model/object-id.ts'
import type { Cluster } from '../../reconciler/cluster.ts'
import { UsageError } from '../exit-code.ts'
import { type Applied, applyObject } from './apply-object.ts'
import { type InstallChoices, keepChoices, toInstallObjects } from './install-objects.ts'
import { findHelmRelease, surveyObjects } from './survey.ts'
import { waitAvailable } from './wait-available.ts'
import { waitEstablished } from './wait-established.ts'

export interface InstallRequest {
  readonly manifests: readonly KubernetesObject[]
  readonly choices: InstallChoices
  readonly dryRun: boolean
  /** How long to wait for the Deployment; `undefined` for not at all. */
  readonly waitMs: Ms | undefined
}

export interface InstallPorts {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly onApplied: (object: KubernetesObject, applied: Applied) => void
  /** What is waited for. */
  readonly progress: (line: string) => void
}

export type InstallOutcome =
  | { readonly type: 'installed' }
  /** Everything was written, and does not run. */
  | { readonly type: 'not-running'; readonly reason: string }

/** Applying it again changes nothing. Throws `ClusterError`, and `UsageError` where Helm has installed it. */
export async function runInstall(
  { manifests, choices, dryRun, waitMs }: InstallRequest,
  ports: InstallPorts,
  signal: AbortSignal,
): Promise<InstallOutcome> {
  const { cluster, onApplied, progress } = ports
  const live = await surveyObjects(cluster, toInstallObjects(manifests, choices))
  refuseHelm(live.values())
  const objects = toInstallObjects(manifests, keepChoices(choices, [...live.values()]))
  const isDefinition = ({ kind }: KubernetesObject) => kind === 'CustomResourceDefinition'
  const lastDefinition = objects.findLastIndex(isDefinition)
  for (const [index, object] of objects.entries()) {
    signal.throwIfAborted()
    const applied = await applyObject(cluster, {
      ...{ object, dryRun },
      live: live.get(toObjectKey(toObjectId(object))),
    })
    onApplied(object, applied)
    if (index !== lastDefinition || dryRun) continue
    const troubles = await waitEstablished(objects.filter(isDefinition), ports, signal)
    if (troubles.length > 0)
      return { type: 'not-running', reason: `a kind is not served: ${troubles.join('; ')}` }
  }
  const deployment = objects.find(({ kind }) => kind === 'Deployment')
  if (dryRun || waitMs === undefined || deployment === undefined) return { type: 'installed' }
  progress(`waiting for ${printObjectId(toObjectId(deployment))}`)
  const rollout = await waitAvailable(deployment, { ...ports, limitMs: waitMs }, signal)
  return rollout.type === 'complete'
    ? { type: 'installed' }
    : { type: 'not-running', reason: rollout.message }
}

/** Two owners of one installation would undo each other's work at every upgrade. */
function refuseHelm(live: Iterable<KubernetesObject>): void {
  const release = findHelmRelease(live)
  if (release === undefined) return
  const { name, namespace } = release
  throw new UsageError(
    `Helm has installed Plumbline here, as the release ${name}; upgrade it with helm upgrade ${name} CHART -n ${namespace}, or remove it first: helm uninstall ${name} -n ${namespace}`,
  )
}
