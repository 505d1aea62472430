/**
 * A replica for the tests that stop it: stands for election, and for as long as it leads writes its name into ConfigMaps, with many
 * writes under way and more waiting for a connection. Says what happens to it, a line each; SIGTERM ends it.
 */
import { SystemClock } from '../../../src/cli/system-clock.ts'
import { SystemEntropy } from '../../../src/cli/system-entropy.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { toObjectId } from '../../../src/model/object-id.ts'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import { openKubernetesCluster } from '../../../src/reconciler/cluster-kubernetes.ts'
import { gatedCluster } from '../../../src/reconciler/election/gated-cluster.ts'
import { runElection } from '../../../src/reconciler/election/leader-election.ts'
import type { Leadership } from '../../../src/reconciler/election/leadership.ts'
import { aConfigMap } from '../../support/cluster-objects.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

/** Short, so that a test need not wait long, and long enough for an API server that many tests share two cores with. */
const TIMING = { leaseMs: 4_000, renewDeadlineMs: 3_000, retryMs: 300 }
/** Above the adapter's connections: some always wait in line. */
const WRITERS = 40

/** `judged`: each write expects the version that was read before it, as those of the control plane do. */
const [kubeconfig = '', identity = '', mode = 'blind'] = process.argv.slice(2)
const shell = { clock: new SystemClock(), entropy: new SystemEntropy(), log: new RecordingLogger() }
const cluster = await openKubernetesCluster({ ...shell, kubeconfig })
const elections = await openKubernetesCluster({ ...shell, kubeconfig })
const options = { fieldManager: identity, force: true, dryRun: false }
const closing = new AbortController()
process.once('SIGTERM', () => closing.abort())
let terms = 0
let written = 0

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Until it is refused; answers with why. Only the gate stops it: its signal is not listened to. */
async function write(leadership: Leadership, term: string, writer: number): Promise<string> {
  const gated = gatedCluster(cluster, leadership)
  while (!closing.signal.aborted)
    try {
      written += 1
      const counter = aConfigMap(`counter-${writer}`, { term, n: String(written) })
      await gated.apply(mode === 'judged' ? await asRead(counter) : counter, options)
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error
      if (error.code !== 'Conflict') return error.message
    }
  return 'told to end'
}

async function asRead(object: KubernetesObject): Promise<KubernetesObject> {
  const { resourceVersion } = (await cluster.get(toObjectId(object)))?.metadata ?? {}
  if (resourceVersion === undefined) return object
  return { ...object, metadata: { ...object.metadata, resourceVersion } }
}

await runElection(
  {
    ...{ ...shell, cluster: elections, namespace: 'default', identity, timing: TIMING },
    lead: async (leadership) => {
      terms += 1
      const term = `${identity}/${terms}`
      say('leads')
      const reasons = await Promise.all(
        Array.from({ length: WRITERS }, async (_, writer) => await write(leadership, term, writer)),
      )
      for (const reason of new Set(reasons)) say(`stopped: ${reason}`)
    },
  },
  closing.signal,
)
say('ended')
cluster.close()
elections.close()
