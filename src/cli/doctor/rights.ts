/** Whether the control plane, or whoever is about to install it, has every right that is needed. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Cluster } from '../../reconciler/cluster.ts'
import { withLimit } from '../../reconciler/with-limit.ts'
import { CONTROL_PLANE_ACCOUNT } from '../run/serving/control-plane-identity.ts'
import { type Check, fail, pass } from './check.ts'
import { installRights, neededRights, printRight, type Right } from './needed-rights.ts'

const GROUP = 'authorization.k8s.io/v1'
const FIELD_MANAGER = 'plumb'
/** Reviews under way at once: there are about two hundred, and each is a small call. */
const CONCURRENCY = 16
const SHOWN = 5

/** Kinds of the manifests whose plural is not the kind with an s. */
const PLURALS: Readonly<Record<string, string>> = {
  NetworkPolicy: 'networkpolicies',
}

/** Asks about the control plane's account where it is installed, and about ourselves where it is not. Throws `ClusterError`. */
export async function checkRights(
  cluster: Cluster,
  manifests: readonly KubernetesObject[],
  isInstalled: boolean,
): Promise<Check> {
  const needed = neededRights(manifests)
  if (isInstalled) {
    const missing = await findMissing(needed, (right) => mayAccount(cluster, right))
    return judgeRights('rights of the control plane', missing, {
      total: needed.length,
      fix: 'apply the shipped roles again: plumb install, helm upgrade, or kubectl apply -k deploy/kubernetes',
    })
  }
  // Nobody may hand on what they do not have themselves, but for those who may escalate.
  const wanted = [...installRights(manifests, toPlural), ...needed]
  const missing = await findMissing(wanted, (right) => maySelf(cluster, right))
  return judgeRights('rights to install', missing, {
    total: wanted.length,
    fix: 'install as an administrator of the cluster, or choose another context with --context',
  })
}

export function judgeRights(
  name: string,
  missing: readonly Right[],
  { total, fix }: { readonly total: number; readonly fix: string },
): Check {
  if (missing.length === 0) return pass(name, `all ${total}`)
  const shown = missing.slice(0, SHOWN).map(printRight)
  const more = missing.length > SHOWN ? `, and ${missing.length - SHOWN} more` : ''
  return fail(name, `${missing.length} of ${total} are missing: ${shown.join(', ')}${more}`, {
    expected: 'all of them; what is missing fails when it is needed',
    fix,
  })
}

function toPlural(kind: string): string {
  return PLURALS[kind] ?? `${kind.toLowerCase()}s`
}

async function findMissing(
  rights: readonly Right[],
  may: (right: Right) => Promise<boolean>,
): Promise<readonly Right[]> {
  const answers = await withLimit(rights, CONCURRENCY, may)
  return rights.filter((_, index) => !answers[index])
}

async function maySelf(cluster: Cluster, right: Right): Promise<boolean> {
  return await review(cluster, 'SelfSubjectAccessReview', { resourceAttributes: right })
}

/** Of the groups that the API server puts every service account into. */
async function mayAccount(cluster: Cluster, right: Right): Promise<boolean> {
  const { namespace, name } = CONTROL_PLANE_ACCOUNT
  const accounts = 'system:serviceaccounts'
  return await review(cluster, 'SubjectAccessReview', {
    resourceAttributes: right,
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: [accounts, `${accounts}:${namespace}`, 'system:authenticated'],
  })
}

/** A review is created and answered, and never stored. */
async function review(cluster: Cluster, kind: string, spec: object): Promise<boolean> {
  const asked = { apiVersion: GROUP, kind, metadata: { name: '' }, spec }
  const answered = await cluster.create(asked, { fieldManager: FIELD_MANAGER })
  return (answered['status'] as { readonly allowed?: boolean } | undefined)?.allowed === true
}
