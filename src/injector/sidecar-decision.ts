/** Decides whether a pod gets a sidecar, by OSM's labels and annotations. Touches nothing. */
import type { ObjectMeta } from '../model/kubernetes-object.ts'
import { type InterceptionScope, readInterceptionScope } from './interception-annotations.ts'

export interface SidecarQuestion {
  readonly pod: {
    readonly namespace: string
    readonly annotations?: ObjectMeta['annotations']
    readonly hostNetwork?: boolean
  }
  /** The pod's namespace as the cluster has it; absent when there is none of that name. */
  readonly namespace: Pick<ObjectMeta, 'labels' | 'annotations'> | undefined
  /** Where the control plane runs: its own pods must start without it. */
  readonly controlNamespace: string
  /** The MeshConfig's exclusions, which hold for every pod. */
  readonly mesh: InterceptionScope
}

export type SidecarDecision =
  | { readonly type: 'inject'; readonly interception: InterceptionScope }
  | { readonly type: 'skip'; readonly reason: string }
  /** The pod must not start: it asks for something that cannot be meant. One sentence for each mistake. */
  | { readonly type: 'refuse'; readonly mistakes: readonly string[] }

const MONITORED_BY = 'openservicemesh.io/monitored-by'
const IGNORE = 'openservicemesh.io/ignore'
const INJECTION = 'openservicemesh.io/sidecar-injection'

const ENABLED = ['enabled', 'yes', 'true']
const DISABLED = ['disabled', 'no', 'false']

/** The pod's annotation beats its namespace's; without either there is no sidecar. */
export function decideSidecar(question: SidecarQuestion): SidecarDecision {
  const { pod, namespace } = question
  const outside = outsideReason(question)
  if (outside !== undefined) return { type: 'skip', reason: outside }
  const ofPod = readInjection(pod.annotations)
  const ofNamespace = readInjection(namespace?.annotations)
  const mistakes = [
    ...(ofPod === 'invalid' ? [injectionMistake('pod', pod.annotations)] : []),
    ...(ofNamespace === 'invalid' ? [injectionMistake('namespace', namespace?.annotations)] : []),
  ]
  if (mistakes.length > 0) return { type: 'refuse', mistakes }
  if (ofPod === 'disabled')
    return { type: 'skip', reason: `its annotation ${INJECTION} disables the sidecar` }
  if (ofPod === 'unset' && ofNamespace !== 'enabled')
    return {
      type: 'skip',
      reason: `neither it nor namespace ${pod.namespace} enables the sidecar (annotation ${INJECTION})`,
    }
  const scope = readInterceptionScope(pod.annotations ?? {}, question.mesh)
  return scope.ok
    ? { type: 'inject', interception: scope.value }
    : { type: 'refuse', mistakes: scope.error }
}

/** Why the mesh has no say over the pod, whatever its annotations. */
function outsideReason(question: SidecarQuestion): string | undefined {
  const { pod, namespace, controlNamespace } = question
  if (pod.hostNetwork === true)
    return "it uses the host's network, where there is nothing of its own to intercept"
  if ([controlNamespace, 'kube-system', 'kube-public'].includes(pod.namespace))
    return `namespace ${pod.namespace} is never part of a mesh`
  if (namespace?.labels?.[MONITORED_BY] === undefined)
    return `namespace ${pod.namespace} is not enrolled (label ${MONITORED_BY})`
  return namespace.labels[IGNORE] === undefined
    ? undefined
    : `namespace ${pod.namespace} is left out of the mesh (label ${IGNORE})`
}

type Injection = 'enabled' | 'disabled' | 'unset' | 'invalid'

function readInjection(annotations: ObjectMeta['annotations']): Injection {
  const value = annotations?.[INJECTION]?.toLowerCase()
  if (value === undefined) return 'unset'
  if (ENABLED.includes(value)) return 'enabled'
  return DISABLED.includes(value) ? 'disabled' : 'invalid'
}

function injectionMistake(of: 'pod' | 'namespace', annotations: ObjectMeta['annotations']): string {
  const found = JSON.stringify(annotations?.[INJECTION]?.slice(0, 80))
  return `annotation ${INJECTION} of the ${of} is ${found}; write enabled or disabled`
}
