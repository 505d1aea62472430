/** A program for kill -9 tests: reconciles two commits in turn for ever, printing a line for each pass that ended synced. */
import { openEmbeddedCluster } from '../../src/reconciler/cluster-embedded.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FLIP, FLOP } from '../support/flipping-policy.ts'
import { MemoryGit } from '../support/memory-git.ts'
import { startReconciler } from '../support/reconciler-world.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { SeededEntropy } from '../support/seeded-entropy.ts'

const [directory = '', seed = '1'] = process.argv.slice(2)
const clock = new FakeClock()
const entropy = new SeededEntropy(Number(seed) + 1)
const cluster = await openEmbeddedCluster({ directory, clock, entropy, log: new RecordingLogger() })
const git = new MemoryGit()
const { reconciler } = startReconciler({ git, cluster, clock })
const signal = new AbortController().signal
process.stdout.write('open\n')
for (let i = 0; ; i++) {
  git.commit(i % 2 === 0 ? FLIP : FLOP, `Turn ${i}\n\nPlumbline-Allow-Prune: all`)
  const outcome = await reconciler.pass(signal)
  process.stdout.write(`${outcome.type}\n`)
}
