/**
 * Finds the pods of the labs that run on this machine by their processes. There is no file to go stale: a lab that was killed
 * took its processes with it.
 */
import { readdir, readFile, stat } from 'node:fs/promises'

/** How a sandbox's process names itself; argument 0 of its shell script. */
const SANDBOX = 'plumbline-pod'

export interface SandboxLabels {
  readonly lab: string
  /** `namespace/name`. */
  readonly pod: string
  readonly stage: string
  readonly hostname: string
  readonly user: number
}

export interface FoundPod {
  readonly lab: string
  /** `namespace/name`. */
  readonly pod: string
  /** The uid its containers run under, in the lab's user namespace. */
  readonly user: number
  /** The process whose namespaces are the pod's, as this process sees it. */
  readonly pid: number
}

/** The process that holds a pod's namespaces; `script` finds the labels as $1, $2, ... */
export function sandboxArgv(script: string, labels: SandboxLabels): readonly string[] {
  const { lab, pod, stage, hostname, user } = labels
  const spaces = ['--net', '--mount', '--uts', '--ipc']
  return [
    'unshare',
    ...spaces,
    '--',
    'sh',
    '-c',
    script,
    SANDBOX,
    lab,
    pod,
    stage,
    hostname,
    `${user}`,
  ]
}

/** Reads what /proc/PID/cmdline holds; `undefined` for any process that is no sandbox. */
export function readSandbox(commandLine: string): Omit<FoundPod, 'pid'> | undefined {
  const [shell, flag, , name, lab, pod, , , user] = commandLine.split('\0')
  if (shell !== 'sh' || flag !== '-c' || name !== SANDBOX) return undefined
  if (lab === undefined || pod === undefined) return undefined
  return { lab, pod, user: Number(user) }
}

/** The pods of this user's labs. Another user's process may call itself anything, so only this user's are believed. */
export async function findPods(): Promise<readonly FoundPod[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(pids.map((pid) => findPod(Number(pid))))
  return found.filter((pod) => pod !== undefined)
}

async function findPod(pid: number): Promise<FoundPod | undefined> {
  try {
    const labels = readSandbox(await readFile(`/proc/${pid}/cmdline`, 'utf8'))
    if (labels === undefined) return undefined
    const { uid } = await stat(`/proc/${pid}`)
    return uid === process.getuid?.() ? { ...labels, pid } : undefined
  } catch {
    // The process ended meanwhile, or belongs to somebody whose processes are hidden from this user.
    return undefined
  }
}
