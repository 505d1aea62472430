/** A program for kill -9 tests: applies to an embedded cluster for ever, printing each write once it is answered. */
import { openEmbeddedCluster } from '../../../src/reconciler/cluster-embedded.ts'
import { aConfigMap } from '../../support/cluster-objects.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const [directory = '', round = '0'] = process.argv.slice(2)
const cluster = await openEmbeddedCluster({
  directory,
  clock: new FakeClock(),
  entropy: new SeededEntropy(Number(round) + 1),
  log: new RecordingLogger(),
})
process.stdout.write('open\n')
const options = { fieldManager: 'test', force: false, dryRun: false }
for (let i = 0; ; i++) {
  const names = [`r${round}-${i}`, `shared-${i % 3}`]
  const applied = await Promise.all(
    names.map((name) => cluster.apply(aConfigMap(name, { i: `${round}.${i}` }), options)),
  )
  for (const { metadata } of applied)
    process.stdout.write(`${metadata.name} ${metadata.resourceVersion}\n`)
}
