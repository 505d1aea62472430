/** Whether this machine can read what the control plane follows. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type Cluster, ClusterError } from '../../reconciler/cluster.ts'
import { parseRefName } from '../../reconciler/git/ref-name.ts'
import { GitSourceError } from '../../reconciler/git-source.ts'
import { findRef, type RemoteRef } from '../../reconciler/git-source-isomorphic-fetch.ts'
import { readGitCredentials } from '../../reconciler/repositories/read-git-credentials.ts'
import { readMeshRepository } from '../../reconciler/repositories/read-mesh-repository.ts'
import type { RepositorySpec } from '../../reconciler/repositories/repository-spec.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'
import { type Check, pass, warn } from './check.ts'

const LIMIT_MS = 15_000
/** Of the answer that lists refs; nothing is fetched. */
const MAX_BYTES = 1

/** With the credentials that the MeshRepository names, where we may read them. Nothing for a spec that is not valid: its status says so. */
export async function checkGitAccess(
  cluster: Cluster,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const spec = readMeshRepository(object)
  if (!spec.ok) return []
  const name = `git of ${spec.value.name}`
  try {
    const found = await ask(
      cluster,
      spec.value,
      AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    )
    return [judge(name, spec.value, found)]
  } catch (error) {
    if (!(error instanceof GitSourceError || error instanceof ClusterError) && !isTimeout(error))
      throw error
    return [
      warn(name, isTimeout(error) ? `no answer within ${LIMIT_MS / 1000} s` : error.message, {
        expected: `${spec.value.url} answers, here and where the control plane runs`,
        fix: 'look at the address, the Secret of spec.secretRef and the way there; the status of the repository says what the control plane sees',
      }),
    ]
  }
}

function isTimeout(error: unknown): error is DOMException {
  return error instanceof DOMException && error.name === 'TimeoutError'
}

async function ask(
  cluster: Cluster,
  spec: RepositorySpec,
  signal: AbortSignal,
): Promise<RemoteRef | undefined> {
  const ref = parseRefName(spec.ref)
  const candidates = ref.ok && ref.value.type === 'name' ? ref.value.candidates : ['HEAD']
  const credentials =
    spec.credentialsSecret === undefined
      ? undefined
      : await readGitCredentials(cluster, CONTROL_NAMESPACE, spec.credentialsSecret)
  const limits = { maxPackBytes: MAX_BYTES, maxObjectBytes: MAX_BYTES }
  return await findRef({ url: spec.url, credentials, ...limits }, candidates, signal)
}

function judge(name: string, { url, ref }: RepositorySpec, found: RemoteRef | undefined): Check {
  if (found !== undefined) return pass(name, `${url} has ${ref} at ${found.oid.slice(0, 7)}`)
  return warn(name, `${url} has no ${ref}`, {
    expected: 'the branch or tag that spec.ref names',
    fix: `git push it, or change spec.ref: git ls-remote ${url}`,
  })
}
