/** Runs a command in a pod of a running lab, from outside: what `kubectl exec` is to a cluster. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlink } from 'node:fs/promises'
import { LabError } from './lab-error.ts'
import { type FoundPod, findPods } from './lab-processes.ts'
import { execArgv } from './pod-argv.ts'

export interface PodCommand {
  /** `namespace/pod`, or `namespace/deployment` for the first of its pods. */
  readonly pod: string
  /** As in `lab-4711`; needed only where several labs have such a pod. */
  readonly lab?: string
  readonly argv: readonly string[]
  readonly environment: NodeJS.ProcessEnv
}

/** Resolves with the command's exit status; its stdio is this process's. Throws `LabError` `PodUnknown`. */
export async function execInPod(command: PodCommand): Promise<number> {
  const { pid, user } = choosePod(await findPods(), command)
  const own = await readlink('/proc/self/ns/user')
  const userNamespace = (await readlink(`/proc/${pid}/ns/user`)) !== own
  const program = { pid, user, directory: '.', argv: command.argv }
  const [nsenter = '', ...args] = execArgv(program, userNamespace)
  const path = `/run/plumbline/bin:${command.environment['PATH'] ?? ''}`
  const env = { ...command.environment, PATH: path, HOME: '/tmp' }
  const child = spawn(nsenter, args, { stdio: 'inherit', env })
  const [status] = (await once(child, 'exit')) as [number | null]
  return status ?? 128
}

/** Throws `LabError` `PodUnknown`, which lists what there is. */
export function choosePod(
  pods: readonly FoundPod[],
  { pod: name, lab }: Pick<PodCommand, 'pod' | 'lab'>,
): FoundPod {
  const inLab = pods.filter((pod) => lab === undefined || pod.lab === lab)
  const exact = inLab.filter((pod) => pod.pod === name)
  const found = exact.length > 0 ? exact : inLab.filter((pod) => pod.pod === `${name}-0`)
  const [only, another] = found
  if (only === undefined) {
    const there = inLab.map((pod) => `${pod.lab} ${pod.pod}`).toSorted()
    throw new LabError(
      'PodUnknown',
      `no running lab${lab === undefined ? '' : ` ${lab}`} of this user has a pod ${name}; there is: ${there.join(', ') || 'none'}`,
    )
  }
  if (another !== undefined)
    throw new LabError(
      'PodUnknown',
      `several labs have a pod ${name}; name one of them with --lab: ${found.map((pod) => pod.lab).join(', ')}`,
    )
  return only
}
