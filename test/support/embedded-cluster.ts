/** An embedded cluster in a temporary directory, for one test. */
import { onTestFinished } from 'vitest'
import {
  type EmbeddedClusterOptions,
  openEmbeddedCluster,
} from '../../src/reconciler/cluster-embedded.ts'
import type { EmbeddedCluster } from '../../src/reconciler/embedded/embedded-cluster.ts'
import { FakeClock } from './fake-clock.ts'
import { RecordingLogger } from './recording-logger.ts'
import { SeededEntropy } from './seeded-entropy.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export async function anEmbeddedCluster(
  options: Partial<EmbeddedClusterOptions> = {},
): Promise<EmbeddedCluster> {
  const cluster = await openEmbeddedCluster({
    directory: options.directory ?? (await temporaryDirectory()),
    clock: new FakeClock(),
    entropy: new SeededEntropy(),
    log: new RecordingLogger(),
    ...options,
  })
  onTestFinished(async () => await cluster.close())
  return cluster
}
