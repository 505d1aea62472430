/** Puts the CustomResourceDefinitions of our kinds into a cluster, but for those that somebody else has put there. */
import type { Clock, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Logger } from '../../model/logger.ts'
import { type ObjectKind, toObjectId } from '../../model/object-id.ts'
import {
  customResourceDefinitions,
  MANAGED_BY,
} from '../../render/kubernetes/crds/custom-resource-definitions.ts'
import { type Cluster, ClusterError } from '../cluster.ts'

const FIELD_MANAGER = 'plumbline-definitions'
const LOOK_AGAIN_MS: Ms = 100
/** An API server serves a new kind within a second or two; after this it is told of and not waited for. */
const SERVED_LIMIT_MS: Ms = 30_000

export interface InstallOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Resolves when every kind is served, or has not come for a while. A cluster that forbids us to define kinds is said and lived
 * with: its administrator has to. Throws other `ClusterError`s, and when the signal aborts.
 */
export async function installDefinitions(
  options: InstallOptions,
  signal: AbortSignal,
): Promise<void> {
  const definitions = customResourceDefinitions()
  for (const definition of definitions) {
    signal.throwIfAborted()
    await install(definition, options)
  }
  const until = options.clock.monotonic() + SERVED_LIMIT_MS
  for (const definition of definitions)
    await untilServed(toKind(definition), until, options, signal)
}

async function install(
  definition: KubernetesObject,
  { cluster, log }: InstallOptions,
): Promise<void> {
  const { name } = definition.metadata
  try {
    const live = await cluster.get(toObjectId(definition))
    if (live !== undefined && !isOurs(live)) {
      log.info('a kind is defined by somebody else, and used as it is', { definition: name })
      return
    }
    await cluster.apply(definition, { fieldManager: FIELD_MANAGER, force: true, dryRun: false })
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === 'Forbidden')) throw error
    log.warn('a kind cannot be defined here; an administrator has to', {
      definition: name,
      error: error.message,
    })
  }
}

function isOurs({ metadata }: KubernetesObject): boolean {
  return Object.entries(MANAGED_BY).every(([key, value]) => metadata.labels?.[key] === value)
}

async function untilServed(
  kind: ObjectKind,
  until: Ms,
  { cluster, clock, log }: InstallOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!(await isServed(cluster, kind))) {
    signal.throwIfAborted()
    if (clock.monotonic() >= until) {
      log.warn('a kind is not served, and objects of it will have to wait', { ...kind })
      return
    }
    await clock.sleep(LOOK_AGAIN_MS, signal)
  }
}

async function isServed(cluster: Cluster, kind: ObjectKind): Promise<boolean> {
  try {
    // Whether there is such an object is all the same.
    await cluster.get({ ...kind, namespace: 'default', name: 'plumbline' })
    return true
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'KindNotServed') return false
    throw error
  }
}

/** The kind at the version that is stored: the one we apply. */
function toKind(definition: KubernetesObject): ObjectKind {
  const { group, names, versions } = definition['spec'] as {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly storage: boolean }[]
  }
  const version = versions.find(({ storage }) => storage)?.name ?? ''
  return { group, version, kind: names.kind }
}
