/** F7: whatever a watch drops, repeats or turns round, the objects are those of the last list once it has expired. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { type Cluster, ClusterError, type WatchEvent } from '../../../src/reconciler/cluster.ts'
import { LiveObjects } from '../../../src/reconciler/live-objects.ts'
import { aConfigMap, CONFIG_MAP, idOf } from '../../support/cluster-objects.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededEntropy } from '../../support/seeded-entropy.ts'

const NAMES = ['a', 'b', 'c']
const NEVER = new AbortController().signal

function at(name: string, version: number): KubernetesObject {
  const object = aConfigMap(name)
  const metadata = { ...object.metadata, uid: name, resourceVersion: `${version}` }
  return { ...object, metadata, data: { version: `${version}` } }
}

type Events = readonly WatchEvent[]
type State = Readonly<Record<string, number>>

/** Lists these states one after the other, and sends these events in between; the last watch is silent. */
function scripted(states: readonly State[], turns: readonly Events[]): Cluster {
  let lists = 0
  let watches = 0
  const unused = () => Promise.reject(new Error('nobody asks this'))
  return {
    ...{ get: unused, apply: unused, create: unused, update: unused, delete: unused },
    list: async () => {
      const state = states[Math.min(lists++, states.length - 1)] ?? {}
      const items = Object.entries(state).map(([name, version]) => at(name, version))
      return { items, resourceVersion: `${1_000 + lists}` }
    },
    async *watch(_kind, { signal }) {
      const turn = turns[watches++]
      if (turn !== undefined) {
        yield* turn
        throw new ClusterError('Expired', 'too old resource version')
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  }
}

const names = fc.constantFrom(...NAMES)
const states = fc.dictionary(names, fc.nat(50), { noNullPrototype: true })
const events = fc.array(
  fc.record({
    type: fc.constantFrom('added' as const, 'modified' as const, 'deleted' as const),
    object: fc.tuple(names, fc.nat(50)).map(([name, version]) => at(name, version)),
  }),
  { maxLength: 12 },
)

it('ends at what the last list says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(states, events), { minLength: 1, maxLength: 3 }),
      states,
      async (turns, last) => {
        const clock = new FakeClock()
        const log = new RecordingLogger()
        const cluster = scripted(
          [...turns.map(([state]) => state), last],
          turns.map(([, turn]) => turn),
        )
        const live = new LiveObjects({ cluster, clock, entropy: new SeededEntropy(), log })
        await live.follow([CONFIG_MAP], NEVER)
        // Each new list comes after a pause.
        await clock.advance(600_000)
        const seen = NAMES.map((name) => live.get(idOf(aConfigMap(name)))?.metadata.resourceVersion)
        expect(seen).toEqual(NAMES.map((name) => (name in last ? `${last[name]}` : undefined)))
        await live.close()
      },
    ),
  )
})
