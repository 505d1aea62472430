import type { Lab } from '../../lab/lab.ts'
import type { Clock } from '../../model/clock.ts'
import type { Cluster } from '../../reconciler/cluster.ts'
import type { ControlPlaneClient } from '../control-plane-client.ts'
import type { ControlPlaneProcess } from './control-plane-process.ts'
import type { ExampleRepository } from './example-repository.ts'

/** What the main job works with: the pods, the control plane, the cluster behind it and the repository before it. */
export interface ScenarioTools {
  readonly lab: Lab
  readonly client: ControlPlaneClient
  readonly cluster: Cluster
  readonly repository: ExampleRepository
  readonly controlPlane: ControlPlaneProcess
  readonly clock: Clock
  readonly signal: AbortSignal
}
