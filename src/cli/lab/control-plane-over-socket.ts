/** The lab's control plane port, over the administrative socket of a running `plumb run`. */

import type { ControlPlane } from '../../lab/control-plane.ts'
import type { Clock } from '../../model/clock.ts'
import { connectClusterApi } from '../../reconciler/cluster-api-client.ts'
import { ControlPlaneClient } from '../control-plane-client.ts'

const ASK_AGAIN_MS = 100

export function controlPlaneOverSocket(socketPath: string, clock: Clock): ControlPlane {
  const client = new ControlPlaneClient(socketPath)
  return {
    cluster: connectClusterApi({ socketPath }),
    async policyApplied(signal) {
      for (;;) {
        signal.throwIfAborted()
        if (await hasApplied(client, signal)) return
        await clock.sleep(ASK_AGAIN_MS, signal)
      }
    },
    async requestBootstrap(pod, signal) {
      const { files } = await client.bootstrap({ ...pod }, signal)
      return files
    },
  }
}

/** A control plane that does not answer yet has applied nothing yet. */
async function hasApplied(client: ControlPlaneClient, signal: AbortSignal): Promise<boolean> {
  try {
    const { repositories } = await client.status(signal)
    return repositories.some(({ history }) =>
      history.some(({ appliedAt }) => appliedAt !== undefined),
    )
  } catch (error) {
    if (signal.aborted) throw error
    return false
  }
}
