/** How far a Deployment has come, and what keeps it. Pure. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'

export interface Rollout {
  readonly type: 'complete' | 'waiting' | 'failed'
  /** One sentence: `1 of 2 replicas are available`. */
  readonly message: string
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

interface Status {
  readonly observedGeneration?: number
  readonly updatedReplicas?: number
  readonly availableReplicas?: number
  readonly replicas?: number
  readonly conditions?: readonly Condition[]
}

/** Complete when every replica that is asked for runs this version and is available, and none of an older one is left. */
export function toRollout(deployment: KubernetesObject): Rollout {
  const { replicas = 1 } = deployment['spec'] as { readonly replicas?: number }
  const status = (deployment['status'] ?? {}) as Status
  const { updatedReplicas = 0, availableReplicas = 0 } = status
  const generation = deployment.metadata.generation ?? 0
  if ((status.observedGeneration ?? -1) < generation)
    return { type: 'waiting', message: 'the Deployment has not been looked at yet' }
  const stuck = findStuck(status.conditions ?? [])
  if (stuck !== undefined) return { type: 'failed', message: stuck }
  const old = (status.replicas ?? 0) - updatedReplicas
  const message = `${availableReplicas} of ${replicas} replicas are available${old > 0 ? `, ${old} of an older version are left` : ''}`
  const isComplete = updatedReplicas >= replicas && old <= 0 && availableReplicas >= replicas
  return { type: isComplete ? 'complete' : 'waiting', message }
}

function findStuck(conditions: readonly Condition[]): string | undefined {
  const late = conditions.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  )
  const refused = conditions.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  return refused?.message ?? late?.message
}

interface ContainerStatus {
  readonly name: string
  readonly restartCount?: number
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string }
  }
  readonly lastState?: { readonly terminated?: { readonly exitCode?: number } }
}

/** What each pod waits for, as its node or the scheduler says: `plumbline-controller-x: ImagePullBackOff: ...`. */
export function podTroubles(pods: readonly KubernetesObject[]): readonly string[] {
  return pods.flatMap((pod) => {
    const { conditions = [], containerStatuses = [] } = (pod['status'] ?? {}) as {
      readonly conditions?: readonly Condition[]
      readonly containerStatuses?: readonly ContainerStatus[]
    }
    const unscheduled = conditions
      .filter(({ type, status }) => type === 'PodScheduled' && status === 'False')
      .map(({ message }) => message ?? 'it has no node')
    const waiting = containerStatuses.map(waitingFor).filter((text) => text !== undefined)
    return [...unscheduled, ...waiting].map((text) => `${pod.metadata.name}: ${text}`)
  })
}

function waitingFor({ state, lastState }: ContainerStatus): string | undefined {
  const waiting = state?.waiting
  // Every container begins like that.
  if (waiting?.reason === undefined || waiting.reason === 'ContainerCreating') return undefined
  const exitCode = lastState?.terminated?.exitCode
  const ended = exitCode === undefined ? [] : [`it ended with exit status ${exitCode}`]
  return [waiting.reason, waiting.message, ...ended].filter(Boolean).join(': ')
}
