/** The control namespace, and the Deployment in it. Pure. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { podTroubles, toRollout } from '../install/rollout.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'
import { type Check, fail, pass, warn } from './check.ts'

const ENFORCE = 'pod-security.kubernetes.io/enforce'

export function judgeNamespace(namespace: KubernetesObject | undefined): Check {
  const name = 'control namespace'
  if (namespace === undefined)
    return fail(name, `there is no namespace ${CONTROL_NAMESPACE}`, {
      expected: 'the namespace in which the control plane runs',
      fix: 'plumb install',
    })
  const { labels = {}, deletionTimestamp } = namespace.metadata
  if (deletionTimestamp !== undefined)
    return fail(name, `${CONTROL_NAMESPACE} is being deleted since ${deletionTimestamp}`, {
      expected: 'a namespace that stays',
      fix: `look what keeps it: kubectl get namespace ${CONTROL_NAMESPACE} -o jsonpath='{.status.conditions}'; then plumb install`,
    })
  if (labels[ENFORCE] === 'restricted') return pass(name, CONTROL_NAMESPACE)
  return warn(name, `${CONTROL_NAMESPACE} admits pods of ${labels[ENFORCE] ?? 'any'} privilege`, {
    expected: "nothing laxer than the control plane beside the mesh's root",
    fix: `kubectl label namespace ${CONTROL_NAMESPACE} ${ENFORCE}=restricted`,
  })
}

export interface Workload {
  readonly deployment: KubernetesObject | undefined
  readonly pods: readonly KubernetesObject[]
}

export function judgeDeployment({ deployment, pods }: Workload): Check {
  const name = 'deployment'
  if (deployment === undefined)
    return fail(name, 'there is no Deployment plumbline-controller', {
      expected: 'the control plane',
      fix: 'plumb install',
    })
  const { type, message } = toRollout(deployment)
  const { replicas = 1 } = deployment['spec'] as { readonly replicas?: number }
  if (type === 'complete' && replicas > 1) return pass(name, message)
  if (type === 'complete')
    return warn(name, `${message}; there is no other to take over`, {
      expected: '2 replicas or more: proxies keep what they have, and new ones wait',
      fix: 'plumb install --replicas 2',
    })
  const troubles = podTroubles(pods)
  return fail(name, [message, ...troubles].join('; '), {
    expected: `${replicas} available replicas of this version`,
    fix:
      troubles.length > 0
        ? 'mend what the pods wait for'
        : `kubectl describe pods -n ${CONTROL_NAMESPACE}, and kubectl logs -n ${CONTROL_NAMESPACE} deploy/plumbline-controller`,
  })
}
