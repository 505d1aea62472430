/** The command lines that run a program inside a pod's namespaces, and as whom. */
import { isAbsolute, join } from 'node:path'
import type { Isolation } from './isolation.ts'
import { WORKLOADS } from './machine.ts'

/** Envoy's uid, as OSM has it: the redirection lets pass what this uid sends. */
export const ENVOY_USER = 1500
/** SO_MARK of Envoy's upstream sockets, where it has no uid of its own. */
export const ENVOY_MARK = 1500

export interface PodProgram {
  /** A process in the pod's namespaces. */
  readonly pid: number
  readonly isolation: Isolation
  /** Ignored in a namespace with a single uid. */
  readonly user: number
  /** Where it starts; relative to the workloads folder. */
  readonly directory: string
  readonly argv: readonly string[]
}

/** Without privileges, and unable to gain any. */
export function workloadArgv(program: PodProgram): readonly string[] {
  return entered(program, ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'])
}

/** As a workload, but that an Envoy without a uid of its own may set the mark on its sockets. */
export function envoyArgv(program: PodProgram): readonly string[] {
  const keeps = program.isolation === 'user-single' ? ',+net_admin' : ''
  return entered(program, [`--bounding-set=-all${keeps}`, '--inh-caps=-all', '--no-new-privs'])
}

function entered(program: PodProgram, limits: readonly string[]): readonly string[] {
  const { pid, isolation, user, argv } = program
  const directory = isAbsolute(program.directory)
    ? program.directory
    : join(WORKLOADS, program.directory)
  return [
    ...['nsenter', '--target', `${pid}`, '--net', '--mount', '--uts', '--ipc', '--'],
    // Entering a mount namespace leaves a process at its root.
    ...['sh', '-c', 'cd -- "$0" && exec "$@"', directory],
    ...['setpriv', ...asUser(isolation, user), ...limits, '--', ...argv],
  ]
}

function asUser(isolation: Isolation, user: number): readonly string[] {
  if (isolation === 'user-single') return []
  return ['--reuid', `${user}`, '--regid', `${user}`, '--clear-groups']
}
