/** What `plumb uninstall` takes away and what it leaves. Pure. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'
import type { Installation } from './find-installation.ts'

export interface UninstallChoices {
  /** The definitions too, and with them every object of the kinds. */
  readonly crds: boolean
  /** The mesh's root too: a later control plane makes another, which no running proxy trusts. */
  readonly root: boolean
}

export interface UninstallPlan {
  /** In this order. */
  readonly remove: readonly KubernetesObject[]
  readonly leave: readonly Left[]
}

export interface Left {
  readonly what: string
  /** The command that removes it. */
  readonly remove: string
}

export function planUninstall(found: Installation, choices: UninstallChoices): UninstallPlan {
  const { marked, definitions, repositories, root, namespace, policyObjects } = found
  const takesRoot = choices.root && root !== undefined
  const leave: (Left | false)[] = [
    !choices.crds &&
      repositories.length > 0 && {
        what: `${count(repositories.length, 'MeshRepository', 'MeshRepositories')}, which a new installation follows again`,
        remove: `kubectl delete meshrepositories --all -n ${CONTROL_NAMESPACE}`,
      },
    !choices.crds &&
      definitions.length > 0 && {
        what: `${count(definitions.length, 'definition', 'definitions')} with ${count(policyObjects, 'policy object', 'policy objects')}`,
        remove: 'plumb uninstall --crds',
      },
    root !== undefined &&
      !choices.root && {
        what: "the mesh's root, which every proxy trusts",
        remove: 'plumb uninstall --root',
      },
    namespace !== undefined && {
      what: `the namespace ${CONTROL_NAMESPACE}, with the inventory of what was applied${takesRoot ? '' : ' and every Secret in it'}`,
      remove: `kubectl delete namespace ${CONTROL_NAMESPACE}`,
    },
  ]
  return {
    remove: [...marked, ...(choices.crds ? definitions : []), ...(takesRoot ? [root] : [])],
    leave: leave.filter((one) => one !== false),
  }
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
