/** Applies one object of an installation, and says what that changed. */
import { canonicalJson } from '../../model/canonical-json.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { type Cluster, ClusterError } from '../../reconciler/cluster.ts'
import { MANAGED_BY } from '../../render/kubernetes/crds/custom-resource-definitions.ts'

const FIELD_MANAGER = 'plumb-install'

export interface Applied {
  readonly outcome: 'created' | 'configured' | 'unchanged' | 'left'
  /** Why it was left, or from whom fields were taken. */
  readonly note?: string
}

export interface ApplyRequest {
  readonly object: KubernetesObject
  /** As it is in the cluster; `undefined` when it is not. */
  readonly live: KubernetesObject | undefined
  readonly dryRun: boolean
}

/**
 * By server-side apply. Fields of other managers are taken over, and the note says which: whoever installs means all of it.
 * A definition that somebody else has put there is left as it is, as the control plane leaves it. Throws `ClusterError`.
 */
export async function applyObject(cluster: Cluster, request: ApplyRequest): Promise<Applied> {
  const { object, live, dryRun } = request
  if (live !== undefined && isForeignDefinition(live))
    return { outcome: 'left', note: 'somebody else has defined it; it is used as it is' }
  try {
    const { stored, note } = await write(cluster, object, dryRun)
    return { outcome: outcomeOf(request, stored), ...(note !== undefined && { note }) }
  } catch (error) {
    // What the namespace or the kind of it would have come with is not there in a dry run.
    const waits = error instanceof ClusterError && COMES_WITH_THE_REST.has(error.code)
    if (dryRun && live === undefined && waits) return { outcome: 'created' }
    throw error
  }
}

const COMES_WITH_THE_REST: ReadonlySet<string> = new Set(['NotFound', 'KindNotServed'])

interface Written {
  readonly stored: KubernetesObject
  readonly note?: string
}

async function write(
  cluster: Cluster,
  object: KubernetesObject,
  dryRun: boolean,
): Promise<Written> {
  const apply = async (force: boolean) =>
    await cluster.apply(object, { fieldManager: FIELD_MANAGER, force, dryRun })
  try {
    return { stored: await apply(false) }
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === 'Conflict')) throw error
    return { stored: await apply(true), note: error.message }
  }
}

function isForeignDefinition({ kind, metadata }: KubernetesObject): boolean {
  if (kind !== 'CustomResourceDefinition') return false
  return Object.entries(MANAGED_BY).some(([key, value]) => metadata.labels?.[key] !== value)
}

function outcomeOf(
  { live, dryRun }: ApplyRequest,
  stored: KubernetesObject,
): Exclude<Applied['outcome'], 'left'> {
  if (live === undefined) return 'created'
  // A dry run answers with the version of what is stored, whatever it would change.
  const isSame = dryRun
    ? contentOf(live) === contentOf(stored)
    : live.metadata.resourceVersion === stored.metadata.resourceVersion
  return isSame ? 'unchanged' : 'configured'
}

function contentOf(object: KubernetesObject): string {
  const serverOnly = { managedFields: undefined, resourceVersion: undefined, generation: undefined }
  const metadata = { ...object.metadata, ...serverOnly }
  return canonicalJson({ ...object, metadata, status: undefined })
}
