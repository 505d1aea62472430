/** The context with which a control plane signs in: its own service account, with the rights we ship. */
import { join } from 'node:path'
import type { KubeControlPlane } from './kube-control-plane.ts'

const DEPLOY = join(import.meta.dirname, '../../../deploy/kubernetes')
export const CONTROLLER_ACCOUNT = 'plumbline-controller'
/** Of the kubeconfig. */
export const CONTROLLER_CONTEXT = 'controller'

export async function giveRights(kube: Pick<KubeControlPlane, 'kubectl'>): Promise<void> {
  for (const file of ['namespace.yaml', 'rbac.yaml'])
    await kube.kubectl(['apply', '-f', join(DEPLOY, file)])
  const token = await kube.kubectl([
    'create',
    'token',
    CONTROLLER_ACCOUNT,
    '-n',
    'plumbline-system',
  ])
  await kube.kubectl(['config', 'set-credentials', CONTROLLER_ACCOUNT, `--token=${token}`])
  const context = ['config', 'set-context', CONTROLLER_CONTEXT, '--cluster=test']
  await kube.kubectl([...context, `--user=${CONTROLLER_ACCOUNT}`])
}
