import { expect, it } from 'vitest'
import type { CommitSha } from '../../../src/model/commit-sha.ts'
import type { DriftReport } from '../../../src/reconciler/drift/drift-report.ts'
import { printDrift } from '../../../src/reconciler/drift/print-drift.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const NO_EFFECT = { opened: [], closed: [], traffic: [] }

function aReport(change: Partial<DriftReport>): DriftReport {
  return {
    object: {
      ...{ group: 'access.smi-spec.io', version: 'v1alpha3', kind: 'TrafficTarget' },
      ...{ namespace: 'shop', name: 'till' },
    },
    location: { file: 'till.yaml', line: 1, column: 1 },
    commit: 'a'.repeat(40) as CommitSha,
    ...{ managers: ['kubectl-edit'], fields: ['.spec.sources'], action: 'restored' },
    ...{ isFight: false, at: new FakeClock().now(), effect: NO_EFFECT },
    ...change,
  }
}

it.each<[string, Partial<DriftReport>, string]>([
  [
    'an edit and all that it would have done',
    {
      managers: ['kubectl-edit', 'helm'],
      fields: ['.spec.sources', '.spec.rules'],
      effect: { opened: ['a → b', 'c → b'], closed: ['d → b'], traffic: ['x'] },
    },
    'TrafficTarget shop/till .spec.sources, .spec.rules edited by kubectl-edit and helm; put back; it would have opened: a → b, c → b; it would have closed: d → b; it would have moved traffic: x; no proxy saw it',
  ],
  [
    'a deletion, of which the cluster does not say whose it was',
    { managers: [], fields: [], action: 'recreated', effect: { ...NO_EFFECT, closed: ['a → b'] } },
    'TrafficTarget shop/till deleted; made again; it would have closed: a → b; no proxy saw it',
  ],
  [
    'one that is left, and has no effect',
    { action: 'reported', effect: { ...NO_EFFECT, note: 'it would have had no effect' } },
    'TrafficTarget shop/till .spec.sources edited by kubectl-edit; left as it is; it would have had no effect; no proxy saw it',
  ],
  [
    'weights that are handed over and not followed, in a fight',
    { delegation: 'v2 has 60 %', isFight: true, advice: 'stop flagger' },
    'TrafficTarget shop/till .spec.sources edited by kubectl-edit; v2 has 60 %; put back; no proxy saw it; this goes on and on: stop flagger',
  ],
])('says %s', (_, change, sentence) => {
  expect(printDrift(aReport(change))).toBe(sentence)
})
