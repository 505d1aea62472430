/** Reads ordinary manifests into `Workloads`: pure, every mistake collected, every field the lab does not honour said. */
import { loadAll } from 'js-yaml'
import type { z } from 'zod'
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { droppedPaths } from './dropped-paths.ts'
import { toAccount, toPods, toService } from './from-manifest.ts'
import { deploymentSchema, serviceAccountSchema, serviceSchema } from './manifest-schemas.ts'
import type { WorkloadAccount, WorkloadPod, WorkloadService, Workloads } from './workloads.ts'

export interface ManifestFile {
  readonly path: string
  readonly text: string
}

export type ParsedWorkloads =
  | { readonly type: 'valid'; readonly workloads: Workloads }
  /** A sentence each: where, what was found, what was expected. */
  | { readonly type: 'invalid'; readonly mistakes: readonly string[] }

interface Collected {
  readonly accounts: Map<string, WorkloadAccount>
  readonly services: Map<string, WorkloadService>
  readonly pods: Map<string, readonly WorkloadPod[]>
  readonly notes: string[]
  readonly mistakes: string[]
}

export function parseWorkloads(files: readonly ManifestFile[]): ParsedWorkloads {
  const into: Collected = {
    accounts: new Map(),
    services: new Map(),
    pods: new Map(),
    notes: [],
    mistakes: [],
  }
  for (const file of files.toSorted((a, b) => byCodeUnit(a.path, b.path))) parseFile(file, into)
  if (into.pods.size === 0 && into.mistakes.length === 0)
    into.mistakes.push('there is no Deployment in the workloads folder, so there is nothing to run')
  if (into.mistakes.length > 0) return { type: 'invalid', mistakes: into.mistakes }
  return { type: 'valid', workloads: toWorkloads(into) }
}

function toWorkloads({ accounts, services, pods, notes }: Collected): Workloads {
  const all = sorted(pods).flat()
  // Kubernetes makes an account `default` in every namespace.
  for (const pod of all.filter((one) => one.serviceAccount === 'default'))
    accounts.set(`${pod.namespace}/default`, { namespace: pod.namespace, name: 'default' })
  const lost = all.filter((pod) => !accounts.has(`${pod.namespace}/${pod.serviceAccount}`))
  const missing = new Set(lost.map((pod) => `${pod.namespace}/${pod.serviceAccount}`))
  for (const key of missing) notes.push(`ServiceAccount ${key} has no manifest; the lab makes it`)
  for (const { namespace, serviceAccount: name } of lost)
    accounts.set(`${namespace}/${name}`, { namespace, name })
  return { accounts: sorted(accounts), services: sorted(services), pods: all, notes }
}

function sorted<T>(map: ReadonlyMap<string, T>): readonly T[] {
  return [...map].toSorted(([a], [b]) => byCodeUnit(a, b)).map(([, value]) => value)
}

function parseFile(file: ManifestFile, into: Collected): void {
  let documents: readonly unknown[]
  try {
    documents = loadAll(file.text)
  } catch (error) {
    into.mistakes.push(`${file.path}: ${(error as Error).message.split('\n')[0]}`)
    return
  }
  documents.forEach((document, index) => {
    const where = documents.length === 1 ? file.path : `${file.path}#${index + 1}`
    if (document !== null) parseDocument(document, where, into)
  })
}

function parseDocument(document: unknown, where: string, into: Collected): void {
  const { apiVersion, kind } = Object(document) as { apiVersion?: unknown; kind?: unknown }
  const place = { document, where, into }
  switch (kind) {
    case 'Deployment':
      read(deploymentSchema, place, (manifest, key) => into.pods.set(key, toPods(manifest)))
      break
    case 'Service':
      read(serviceSchema, place, (manifest, key) => into.services.set(key, toService(manifest)))
      break
    case 'ServiceAccount':
      read(serviceAccountSchema, place, (manifest, key) =>
        into.accounts.set(key, toAccount(manifest)),
      )
      break
    case 'Namespace':
      // Enrollment is policy: the namespaces come from the policy repository.
      break
    default:
      into.notes.push(
        `${where}: ${String(apiVersion)} ${String(kind)} is left out; the lab runs Deployment, Service and ServiceAccount`,
      )
  }
}

interface Manifest {
  readonly metadata: { readonly namespace: string; readonly name: string }
  readonly kind: string
}

function read<T extends Manifest>(
  schema: z.ZodType<T>,
  { document, where, into }: { document: unknown; where: string; into: Collected },
  keep: (manifest: T, key: string) => void,
): void {
  const parsed = schema.safeParse(document)
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      into.mistakes.push(`${where}: ${printPath(issue.path)}: ${issue.message}`)
    return
  }
  const { kind, metadata } = parsed.data
  const key = `${metadata.namespace}/${metadata.name}`
  const seen = { Deployment: into.pods, Service: into.services }[kind] ?? into.accounts
  if (seen.has(key)) into.mistakes.push(`${where}: ${kind} ${key} is there twice; keep one of them`)
  const dropped = droppedPaths(document, parsed.data)
  if (dropped.length > 0)
    into.notes.push(`${where}: ${kind} ${key}: the lab does nothing with ${dropped.join(', ')}`)
  keep(parsed.data, key)
}

/** As in `spec.template.spec.containers[0].command`. */
function printPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}
