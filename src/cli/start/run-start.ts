/** The main job inside the lab: a repository, a control plane that follows it, pods with real Envoys, and the questions put to them. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { GATEWAY } from '../../lab/addresses.ts'
import type { LabPlace } from '../../lab/enter-lab.ts'
import type { Lab } from '../../lab/lab.ts'
import { LAB_DIRECTORY } from '../../lab/machine.ts'
import { openLab } from '../../lab/open-lab.ts'
import type { CommitSha } from '../../model/commit-sha.ts'
import type { Logger } from '../../model/logger.ts'
import { connectClusterApi } from '../../reconciler/cluster-api-client.ts'
import { ControlPlaneClient } from '../control-plane-client.ts'
import { controlPlaneOverSocket } from '../lab/control-plane-over-socket.ts'
import { socketPath } from '../run/run-options.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'
import { SystemClock } from '../system-clock.ts'
import { SystemEntropy } from '../system-entropy.ts'
import { ControlPlaneProcess } from './control-plane-process.ts'
import { ExampleRepository } from './example-repository.ts'
import type { StartReport, StepReport } from './report.ts'
import { runScenario } from './scenario.ts'

const XDS_PORT = 15_128
const HTTP_PORT = 9091

export interface StartOptions {
  readonly place: LabPlace
  /** The folder of the example policies; the workloads lie in it. */
  readonly example: string
  readonly environment: NodeJS.ProcessEnv
  readonly log: Logger
  /** Takes one line for people at each step that may take a while. */
  readonly progress: (line: string) => void
  readonly onStep: (step: StepReport) => void
  readonly signal: AbortSignal
}

/** What keeps running once the questions are answered. */
export interface Running {
  readonly report: Omit<StartReport, 'envoy'>
  readonly directory: string
  readonly lab: Lab
  /** Ends the pods and the control plane. */
  close(): Promise<void>
}

export async function runStart(options: StartOptions): Promise<Running> {
  const { place, example, environment, log, progress, signal } = options
  const clock = new SystemClock()
  const begunAt = clock.monotonic()
  const end = new AbortController()
  const both = AbortSignal.any([signal, end.signal])
  const directory = join(LAB_DIRECTORY, 'main')
  const data = join(directory, 'data')
  progress('opening the lab: a network namespace a pod')
  const lab = await openLab({
    ...{ place, environment, log, clock, entropy: new SystemEntropy() },
    controlPlane: controlPlaneOverSocket(socketPath(data), clock),
    workloadsDirectory: join(example, 'workloads'),
    controlNamespace: CONTROL_NAMESPACE,
    signal: both,
  })
  await mkdir(data, { recursive: true, mode: 0o700 })
  const repository = await ExampleRepository.create({
    policies: example,
    directory: join(directory, 'repository'),
  })
  progress('starting the control plane')
  const program = new ControlPlaneProcess({
    flags: controlPlaneFlags(repository.directory, data),
    logFile: join(directory, 'control-plane.log'),
    environment,
  })
  const running = lab.run(both)
  const close = async (): Promise<void> => {
    end.abort()
    await running
    await program.stop()
  }
  try {
    const client = new ControlPlaneClient(socketPath(data))
    await program.ready(client, clock, both)
    progress('starting pods and their Envoys')
    await Promise.race([lab.ready(both), running])
    const cluster = connectClusterApi({ socketPath: socketPath(data) })
    const first = await newest(client, both)
    const steps: StepReport[] = []
    const tools = { lab, client, cluster, repository, controlPlane: program, clock, signal: both }
    for await (const step of runScenario(tools, first)) {
      steps.push(step)
      options.onStep(step)
    }
    const commits = steps.flatMap((step) => (step.commit === undefined ? [] : [step.commit]))
    const ok = steps.every((step) => step.ok)
    const elapsedMs = Math.round(clock.monotonic() - begunAt)
    return { report: { ok, steps, commits, elapsedMs }, directory, lab, close }
  } catch (error) {
    await close()
    throw error
  }
}

function controlPlaneFlags(repository: string, data: string): readonly string[] {
  return [
    ...['--repository', repository, '--data', data],
    ...['--xds-listen', `${GATEWAY}:${XDS_PORT}`, '--http-listen', `127.0.0.1:${HTTP_PORT}`],
  ]
}

async function newest(client: ControlPlaneClient, signal: AbortSignal): Promise<CommitSha> {
  const commit = (await client.status(signal)).repositories[0]?.history.at(-1)?.commit
  if (commit === undefined) throw new Error('the control plane is ready without a commit')
  return commit
}
