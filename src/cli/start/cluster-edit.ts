/** Edits an applied object behind the repository's back, and watches it come back. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ObjectId } from '../../model/object-id.ts'
import { toPodRequest, toRow } from './expectation.ts'
import type { Row } from './report.ts'
import type { ScenarioTools } from './scenario-tools.ts'

const TARGET: ObjectId = {
  group: 'access.smi-spec.io',
  version: 'v1alpha3',
  kind: 'TrafficTarget',
  namespace: 'bookstore',
  name: 'bookstore-v1',
}

const THIEF = { kind: 'ServiceAccount', name: 'bookthief', namespace: 'bookthief' }
const LIMIT_MS = 5_000

export interface ClusterEdit {
  /** What bookthief sees while the edit is in the cluster. */
  readonly duringEdit: readonly Row[]
  readonly putBack: Row
}

type Tools = Pick<ScenarioTools, 'lab' | 'cluster' | 'clock' | 'signal'>

/** As `kubectl edit` would: the whole object is written again, with bookthief among the sources. */
export async function editInCluster(tools: Tools): Promise<ClusterEdit> {
  const { cluster, clock, lab } = tools
  const live = await cluster.get(TARGET)
  if (live === undefined)
    throw new Error('the TrafficTarget of the bookstore is not in the cluster')
  const editedAt = clock.monotonic()
  await cluster.update(withThief(live), { fieldManager: 'kubectl-edit' })
  const question = {
    from: 'bookthief/bookthief',
    to: 'bookstore/bookstore',
    method: 'GET',
    path: '/books-bought',
    expected: 'refused',
  } as const
  const during = toRow(question, await lab.request(question.from, toPodRequest(question)))
  const isBack = await putBack(tools)
  const elapsed = Math.round(clock.monotonic() - editedAt)
  return {
    duringEdit: [{ ...during, request: `${during.request} (right after the edit)` }],
    putBack: {
      from: 'kubectl-edit',
      to: 'TrafficTarget bookstore/bookstore-v1',
      request: 'add bookthief to the sources',
      expected: 'put back',
      seen: isBack ? `put back after ${elapsed} ms` : `still there after ${elapsed} ms`,
      ok: isBack,
    },
  }
}

function withThief(object: KubernetesObject): KubernetesObject {
  const spec = object['spec'] as Readonly<Record<string, unknown>>
  return {
    ...object,
    spec: { ...spec, sources: [...(spec['sources'] as readonly unknown[]), THIEF] },
  }
}

async function putBack({ cluster, clock, signal }: Tools): Promise<boolean> {
  const until = clock.monotonic() + LIMIT_MS
  while (clock.monotonic() < until) {
    const object = await cluster.get(TARGET)
    if (!JSON.stringify(object?.['spec']).includes('bookthief')) return true
    await clock.sleep(5, signal)
  }
  return false
}
