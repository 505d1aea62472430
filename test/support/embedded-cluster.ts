/** An embedded cluster in a temporary directory, for one test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** An embedded cluster for one run of a property: close it, and its directory is gone. */
export async function openScratchCluster(): Promise<
  { readonly cluster: EmbeddedCluster } & AsyncDisposable
> {
  const directory = await mkdtemp(join(tmpdir(), 'plumbline-'))
  const cluster = await openEmbeddedCluster({
    directory,
    clock: new FakeClock(),
    entropy: new SeededEntropy(),
    log: new RecordingLogger(),
  })
  return {
    cluster,
    [Symbol.asyncDispose]: async () => {
      await cluster.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
