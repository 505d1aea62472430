/** Leader election between processes on a real kube-apiserver: stopped, killed and told to end, and what landed in which order. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { SystemClock } from '../../src/cli/system-clock.ts'
import { SystemEntropy } from '../../src/cli/system-entropy.ts'
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import {
  type KubernetesCluster,
  openKubernetesCluster,
} from '../../src/reconciler/cluster-kubernetes.ts'
import { replicaIdentity } from '../../src/reconciler/election/replica-identity.ts'
import { ReplicaPresence } from '../../src/reconciler/election/replica-presence.ts'
import { ReplicaReports } from '../../src/reconciler/election/replica-reports.ts'
import { aTestProcess, type TestProcess } from '../support/child-process.ts'
import { CONFIG_MAP } from '../support/cluster-objects.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { aWayToCut } from './kube/cut-connections.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { kubeTrouble } from './kube/kube-trouble.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
const LIMIT_MS = 120_000
const PROGRAM = join(import.meta.dirname, 'kube/lead-for-ever.ts')
const REFUSED = 'stopped: this replica does not lead any more, so it writes nothing'

const trouble = await kubeTrouble()
const shell = { clock: new SystemClock(), entropy: new SystemEntropy(), log: new RecordingLogger() }
let kube: KubeControlPlane
let cluster: KubernetesCluster

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  cluster = await openKubernetesCluster({ ...shell, kubeconfig: kube.kubeconfig })
}, BUILD_LIMIT_MS)

afterAll(async () => {
  cluster?.close()
  await kube?.stop()
})

function start(identity: string, kubeconfig = kube.kubeconfig, mode = 'blind'): TestProcess {
  return aTestProcess(PROGRAM, kubeconfig, identity, mode)
}

/** The term (`who/n`) of every write that landed, in the order of the API server's own record. */
async function followWrites(): Promise<readonly string[]> {
  const landed: string[] = []
  const closing = new AbortController()
  const { resourceVersion } = await cluster.list(CONFIG_MAP, { namespace: 'default' })
  const follow = async (): Promise<void> => {
    const options = { namespace: 'default', resourceVersion, signal: closing.signal }
    for await (const event of cluster.watch(CONFIG_MAP, options))
      if (event.type !== 'bookmark' && event.object.metadata.name.startsWith('counter-'))
        landed.push((event.object['data'] as { readonly term: string }).term)
  }
  const following = follow()
  onTestFinished(async () => {
    closing.abort()
    await following
  })
  return landed
}

/** Resolves once that many more writes of that one have landed; the test's own limit bounds it. */
async function untilWritten(landed: readonly string[], who: string, count: number): Promise<void> {
  const from = landed.length
  const ofWho = (term: string) => term.startsWith(`${who}/`)
  while (landed.slice(from).filter(ofWho).length < count) await shell.clock.sleep(10)
}

/** Resolves once that one has written every object that there is. */
async function untilAllWritten(who: string): Promise<void> {
  const isOthers = (object: KubernetesObject) => {
    const term = (object['data'] as { readonly term?: string } | undefined)?.term
    return term !== undefined && !term.startsWith(`${who}/`)
  }
  while ((await cluster.list(CONFIG_MAP, { namespace: 'default' })).items.some(isOthers))
    await shell.clock.sleep(10)
}

async function untilSaid(replica: TestProcess, wanted: string): Promise<void> {
  for (let line = await replica.line(); line !== wanted; line = await replica.line())
    if (line === undefined) throw new Error(`the replica ended before it said: ${wanted}`)
}

/** The terms in the order in which their writes landed: one that is there twice had a write land within another's. */
function turns(landed: readonly string[]): readonly string[] {
  return landed.filter((term, index) => landed[index - 1] !== term)
}

async function holder(): Promise<string> {
  const path = 'jsonpath={.spec.holderIdentity}'
  return await kube.kubectl(['get', 'lease', 'plumbline-leader', '-o', path])
}

async function timed(what: string, action: Promise<void>): Promise<void> {
  const from = performance.now()
  await action
  console.log(`${what} in ${Math.round(performance.now() - from)} ms`)
}

describe.skipIf(trouble)('on a real API server', () => {
  it(
    'no write of a leader that was stopped lands once another leads, nor when it goes on',
    async () => {
      const landed = await followWrites()
      const a = start('a')
      await untilSaid(a, 'leads')
      await untilWritten(landed, 'a', 200)
      const b = start('b')
      await untilWritten(landed, 'a', 200)
      const stopped = landed.at(-1)
      a.signal('SIGSTOP')
      await timed('a stopped leader was followed', untilSaid(b, 'leads'))
      await untilWritten(landed, 'b', 200)
      expect(await holder()).toBe('b')
      a.signal('SIGCONT')
      await untilSaid(a, REFUSED)
      await untilWritten(landed, 'b', 200)
      const order = turns(landed)
      expect(order.slice(order.indexOf(stopped ?? ''))).toEqual([stopped, 'b/1'])

      b.signal('SIGTERM')
      await timed('a leader that was told to end was followed', untilSaid(a, 'leads'))
      await untilSaid(b, 'ended')
      await untilWritten(landed, 'a', 50)
      const c = start('c')
      await untilWritten(landed, 'a', 200)
      a.kill()
      await timed('a killed leader was followed', untilSaid(c, 'leads'))
      await untilWritten(landed, 'c', 50)
      c.signal('SIGTERM')
      await untilSaid(c, 'ended')
      expect(await holder()).toBe('')

      expect(new Set(turns(landed)).size).toBe(turns(landed).length)
      expect(turns(landed).map((term) => term.split('/')[0])).toEqual(
        expect.arrayContaining(['a', 'b', 'c']),
      )
    },
    LIMIT_MS,
  )

  it(
    'no write of a leader that was cut off lands, not even one that was on its way and arrives later',
    async () => {
      const landed = await followWrites()
      const way = await aWayToCut(kube.kubeconfig, kube.server)
      const a = start('a', way.kubeconfig, 'judged')
      await untilWritten(landed, 'a', 200)
      const b = start('b', kube.kubeconfig, 'judged')
      await untilWritten(landed, 'a', 200)
      way.cut()
      await untilSaid(b, 'leads')
      await untilAllWritten('b')
      way.heal()
      await untilSaid(a, REFUSED)
      await untilWritten(landed, 'b', 200)
      const order = turns(landed)
      expect(order.slice(order.indexOf('b/1'))).toEqual(['b/1'])
      for (const replica of [a, b]) replica.signal('SIGTERM')
      await Promise.all([untilSaid(a, 'ended'), untilSaid(b, 'ended')])
    },
    LIMIT_MS,
  )

  it(
    'replicas report by Leases that the API server takes, and a reader sees when one has gone',
    async () => {
      const names = ['one', 'two'].map((name) => replicaIdentity(name, shell.entropy))
      const options = { ...shell, cluster, namespace: 'default' }
      const [one, two] = names.map((identity) => new ReplicaPresence({ ...options, identity }))
      const reports = new ReplicaReports({ ...options, onChange: () => undefined })
      onTestFinished(async () => {
        await Promise.all([one?.close(), two?.close(), reports.close()])
      })
      const known = () => [...reports.replicas.keys()].toSorted()
      while (known().length < 2) await shell.clock.sleep(10)
      expect(known()).toEqual(names.toSorted())
      one?.report({ proxies: 7, repositories: {} })
      const heard = () => [...reports.replicas.values()].map(({ proxies }) => proxies)
      while (!heard().includes(7)) await shell.clock.sleep(10)
      await two?.close()
      while (known().length > 1) await shell.clock.sleep(10)
      const path = 'jsonpath={.items[*].spec.holderIdentity}'
      const listed = ['get', 'leases', '-l', 'plumbline.dev/replica=true', '-o', path]
      expect(await kube.kubectl(listed)).toBe(names[0])
    },
    LIMIT_MS,
  )
})
