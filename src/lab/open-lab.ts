/** Opens a lab in a process that `enterLab` started: furnishes the machine, reads the workloads, gives each pod its network. */
import type { LabPlace } from './enter-lab.ts'
import { findEnvoy } from './envoy-binary.ts'
import { Lab, type LabOptions } from './lab.ts'
import { furnishMachine } from './machine.ts'
import { readWorkloads } from './workloads/read-workloads.ts'

export interface OpenLabOptions extends Omit<LabOptions, 'machine' | 'workloads'> {
  readonly place: LabPlace
  /** As `prepareLab` made it. */
  readonly environment: NodeJS.ProcessEnv
  readonly workloadsDirectory: string
  readonly signal?: AbortSignal
}

/**
 * From then on the lab's own address (`GATEWAY`) can be listened on, so a control plane inside the lab is to start after it.
 * Throws `LabError`.
 */
export async function openLab(options: OpenLabOptions): Promise<Lab> {
  const { place, environment, workloadsDirectory, signal, log } = options
  const envoy = await findEnvoy({ environment, fetch: false, progress: () => {} })
  const workloads = await readWorkloads(workloadsDirectory)
  for (const note of workloads.notes) log.warn('workloads', { note })
  const machine = await furnishMachine(place, {
    ...{ environment, workloadsDirectory, nodePath: process.execPath, envoyPath: envoy.path },
    ...(signal && { signal }),
  })
  return await Lab.open({ ...options, machine, workloads })
}
