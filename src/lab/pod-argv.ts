/** The command lines that run a program inside a pod's namespaces, and as whom. */
import { isAbsolute, join } from 'node:path'
import { WORKLOADS } from './machine.ts'

/** Envoy's uid, as OSM has it: the redirection lets pass what this uid sends. */
export const ENVOY_USER = 1500
/** SO_MARK of Envoy's upstream sockets, where it has no uid of its own. */
export const ENVOY_MARK = 1500

export interface PodProgram {
  /** A process in the pod's namespaces. */
  readonly pid: number
  /** 0 where the namespace has a single uid: then there is no other to change to. */
  readonly user: number
  /** Where it starts; relative to the workloads folder. */
  readonly directory: string
  readonly argv: readonly string[]
}

/** Without privileges, and unable to gain any. */
export function workloadArgv(program: PodProgram): readonly string[] {
  return [...entered(program.pid), ...limited(program, '--bounding-set=-all')]
}

/** As a workload, but that an Envoy without a uid of its own may set the mark on its sockets. */
export function envoyArgv(program: PodProgram): readonly string[] {
  const keeps = program.user === 0 ? ',+net_admin' : ''
  return [...entered(program.pid), ...limited(program, `--bounding-set=-all${keeps}`)]
}

/** As a workload, from outside the lab: for `plumb lab exec`. `userNamespace`: whether the lab has one of its own. */
export function execArgv(program: PodProgram, userNamespace: boolean): readonly string[] {
  const user = userNamespace ? ['--user', '--preserve-credentials'] : []
  const [enter = '', ...spaces] = entered(program.pid)
  return [enter, '--pid', ...user, ...spaces, ...limited(program, '--bounding-set=-all')]
}

function entered(pid: number): readonly string[] {
  return ['nsenter', '--target', `${pid}`, '--net', '--mount', '--uts', '--ipc', '--']
}

function limited(program: PodProgram, capabilities: string): readonly string[] {
  const { user } = program
  const directory = isAbsolute(program.directory)
    ? program.directory
    : join(WORKLOADS, program.directory)
  const ids = user === 0 ? [] : ['--reuid', `${user}`, '--regid', `${user}`, '--clear-groups']
  return [
    // Entering a mount namespace leaves a process at its root.
    ...['sh', '-c', 'cd -- "$0" && exec "$@"', directory],
    ...['setpriv', ...ids, capabilities, '--inh-caps=-all', '--no-new-privs', '--'],
    ...program.argv,
  ]
}
