/** How the lab is cut off from the host: one outer set of namespaces, as root or as an ordinary user. */
import { LabError } from './lab-error.ts'
import { type ProgramResult, tryProgram } from './run-program.ts'

/**
 * `root`: plain namespaces. `user-range`: a user namespace with a range of uids (from /etc/subuid), where Envoy and each
 * workload have a uid of their own. `user-single`: a user namespace with one uid, where Envoy is told by its socket mark.
 */
export type Isolation = 'root' | 'user-range' | 'user-single'

/** In order of preference. */
const CANDIDATES = ['root', 'user-range', 'user-single'] as const satisfies readonly Isolation[]

const USER_FLAGS: Readonly<Record<Isolation, readonly string[]>> = {
  root: [],
  'user-range': ['--user', '--map-root-user', '--map-auto'],
  'user-single': ['--user', '--map-root-user'],
}

/** Makes the namespaces and runs what follows in them; with the pid namespace, everything ends when its first process does. */
export function unshareArgv(isolation: Isolation): readonly string[] {
  const spaces = ['--net', '--mount', '--ipc', '--uts', '--pid', '--fork', '--mount-proc']
  return ['unshare', ...USER_FLAGS[isolation], ...spaces, '--kill-child', '--']
}

/** One of each thing the lab will do, so that a kernel that forbids one of them is found out before anything starts. */
const TRIAL = `set -e
mount -t tmpfs tmpfs /run
ip link add trial type veth peer name trial0
unshare --net --mount --uts true
printf '*nat\\n-A OUTPUT -p tcp -j REDIRECT --to-port 15001\\nCOMMIT\\n' | iptables-restore`

/** Envoy's own uid is what tells its sockets apart; in a single-uid namespace no other uid exists. */
const SECOND_UID = '\nsetpriv --reuid 1500 --regid 1500 --clear-groups true'

export interface IsolationOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly root: boolean
  readonly signal?: AbortSignal
}

/** The first kind of isolation that this machine allows. Throws `LabError` `NoIsolation`: one sentence on why not. */
export async function chooseIsolation(options: IsolationOptions): Promise<Isolation> {
  const refusals: string[] = []
  for (const isolation of CANDIDATES) {
    if (isolation === 'root' && !options.root) continue
    const trial = await runTrial(isolation, options)
    if (trial.status === 0) return isolation
    refusals.push(trial.stderr.trim().split('\n')[0] ?? '')
  }
  throw new LabError('NoIsolation', explainRefusal(options.root, refusals.at(-1) ?? ''))
}

function runTrial(isolation: Isolation, options: IsolationOptions): Promise<ProgramResult> {
  const script = isolation === 'user-single' ? TRIAL : TRIAL + SECOND_UID
  return tryProgram([...unshareArgv(isolation), 'sh', '-c', script], {
    environment: options.environment,
    ...(options.signal && { signal: options.signal }),
  })
}

function explainRefusal(root: boolean, said: string): string {
  const advice = root
    ? 'start it in a container with CAP_SYS_ADMIN and CAP_NET_ADMIN, or on the machine itself'
    : 'run it as root, or allow unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu, user.max_user_namespaces above 0 elsewhere)'
  return `this machine does not let ${root ? 'this container' : 'this user'} make the network namespaces the lab lives in (${said}); ${advice}`
}
