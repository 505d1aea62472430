/** What `plumb run` is told by its flags, once, typed. Below this file nobody reads flags or the environment. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { isTrustDomain, type TrustDomain } from '../../model/spiffe-id.ts'
import type { GitCredentials } from '../../reconciler/git/credentials.ts'
import { DEFAULT_PRUNE_LIMITS } from '../../reconciler/plan/prune-guard.ts'
import type { RepositorySpec } from '../../reconciler/repositories/repository-spec.ts'
import { parseSchedule } from '../../reconciler/schedule.ts'
import { UsageError } from '../exit-code.ts'

/** The name of a repository that flags name, as owner marks in the cluster have it. */
const REPOSITORY = 'policies'

export interface Listen {
  readonly host: string
  readonly port: number
}

export type ClusterChoice =
  | { readonly type: 'embedded' }
  /** Without a file: as kubectl finds it, or as the pod's own service account. */
  | { readonly type: 'kubernetes'; readonly kubeconfig?: string; readonly context?: string }

export interface RunOptions {
  /** The one to follow; `undefined` to follow the MeshRepositories of the control namespace. */
  readonly repository: RepositorySpec | undefined
  readonly data: string
  readonly cluster: ClusterChoice
  readonly credentials?: GitCredentials
  readonly trustDomain: TrustDomain
  readonly xds: Listen
  /** Where proxies reach the xDS server, when that is not where it listens. */
  readonly http: Listen
  readonly logFormat: 'text' | 'json'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** The flags as commander hands them over. */
export interface RunFlags {
  readonly repository?: string
  readonly ref: string
  readonly path: string
  readonly data?: string
  readonly cluster: ClusterChoice['type']
  readonly kubeconfig?: string
  readonly context?: string
  readonly schedule: string
  readonly gitTimeout: string
  readonly gitUsername?: string
  readonly trustDomain: string
  readonly xdsListen: string
  readonly httpListen: string
  readonly drift: 'correct' | 'report'
  readonly logFormat: 'text' | 'json'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Throws UsageError. The git password comes from the environment only: flags are visible to every user of a machine. */
export function toRunOptions(flags: RunFlags, environment: Environment): RunOptions {
  if (!isTrustDomain(flags.trustDomain))
    throw new UsageError(
      `--trust-domain is ${JSON.stringify(flags.trustDomain)}; use lowercase letters, digits, dots, dashes and underscores`,
    )
  const password = environment['PLUMB_GIT_PASSWORD']
  const { logFormat, logLevel } = flags
  return {
    repository: toRepositorySpec(flags),
    data: resolve(flags.data ?? defaultDataDirectory(environment)),
    cluster: toClusterChoice(flags),
    ...(password !== undefined && {
      credentials: { type: 'basic', username: flags.gitUsername ?? 'git', password },
    }),
    trustDomain: flags.trustDomain,
    xds: parseListen('--xds-listen', flags.xdsListen),
    http: parseListen('--http-listen', flags.httpListen),
    logFormat,
    logLevel,
  }
}

function toRepositorySpec(flags: RunFlags): RepositorySpec | undefined {
  const { repository, ref, path, drift } = flags
  const schedule = parseSchedule(flags.schedule)
  if (!schedule.ok) throw new UsageError(`--schedule: ${schedule.error}`)
  const timeoutMs = parseSpan('--git-timeout', flags.gitTimeout)
  if (repository === undefined) return undefined
  return {
    name: REPOSITORY,
    url: isUrl(repository) ? repository : resolve(repository),
    ...{ ref, path, schedule: schedule.value, timeoutMs, credentialsSecret: undefined },
    ...{ namespaces: undefined, createNamespaces: true, serviceAccount: undefined },
    ...{ prune: 'enabled', pruneLimits: DEFAULT_PRUNE_LIMITS, drift, suspend: false },
    ...{ dependsOn: [], pin: undefined },
  }
}

function toClusterChoice({ cluster, kubeconfig, context }: RunFlags): ClusterChoice {
  if (cluster === 'kubernetes')
    return {
      type: cluster,
      ...(kubeconfig !== undefined && { kubeconfig: resolve(kubeconfig) }),
      ...(context !== undefined && { context }),
    }
  const flag = kubeconfig === undefined ? '--context' : '--kubeconfig'
  if (kubeconfig !== undefined || context !== undefined)
    throw new UsageError(
      `${flag} names a Kubernetes cluster, and the embedded one is chosen; add --cluster kubernetes`,
    )
  return { type: cluster }
}

export function defaultDataDirectory(environment: Environment): string {
  return join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'plumbline')
}

/** The unix socket in the data directory on which the control plane is administered. */
export function socketPath(data: string): string {
  return join(data, 'plumb.sock')
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
}

export function parseListen(flag: string, text: string): Listen {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:]*)):(\d{1,5})$/i.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535)
    throw new UsageError(`${flag} is ${JSON.stringify(text)}; use HOST:PORT, as in 127.0.0.1:15128`)
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

function parseSpan(flag: string, text: string): number {
  const match = /^(\d+)(ms|s|m)$/.exec(text)
  if (match === null)
    throw new UsageError(
      `${flag} is ${JSON.stringify(text)}; use a whole number and ms, s or m, as in 60s`,
    )
  return Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1)
}
