/** MeshRepositories with the status that a control plane would have written, for tests of what is made of it. */
import type { KubernetesObject } from '../../src/model/kubernetes-object.ts'
import type { Cluster } from '../../src/reconciler/cluster.ts'
import { MESH_REPOSITORY } from '../../src/reconciler/repositories/mesh-repository-kind.ts'
import type {
  HistoryEntry,
  RepositoryCondition,
  RepositoryStatus,
} from '../../src/reconciler/repositories/repository-status.ts'

export const CONTROL_NAMESPACE = 'plumbline-system'
export const FIRST = '1111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
export const SECOND = '2222222bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'
export const THIRD = '3333333ccccccccccccccccccccccccccccccccc'
const AT = '2026-01-01T00:00:00.000Z'

export function aMeshRepository(
  name = 'mesh',
  spec: Readonly<Record<string, unknown>> = {},
): KubernetesObject {
  return {
    apiVersion: 'plumbline.dev/v1alpha1',
    kind: 'MeshRepository',
    metadata: { name, namespace: CONTROL_NAMESPACE },
    spec: { url: 'https://git.example.com/mesh.git', ...spec },
  }
}

export function anEntry(commit: string, parts: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    ...{ commit, subject: `subject of ${commit.slice(0, 3)}`, author: 'Ada <ada@example.com>' },
    ...{ state: 'enforced', sourcedAt: AT, enforcedAt: AT },
    ...parts,
  }
}

export function aCondition(parts: Partial<RepositoryCondition> = {}): RepositoryCondition {
  return {
    ...{ type: 'Ready', status: 'True', reason: 'Enforced', message: 'commit is enforced' },
    ...{ observedGeneration: 1, lastTransitionTime: AT },
    ...parts,
  }
}

/** Of a repository whose commit is enforced by four proxies. */
export function aStatus(commit: string, parts: Partial<RepositoryStatus> = {}): RepositoryStatus {
  const station = { commit, at: AT, errors: [], errorCount: 0 }
  return {
    observedGeneration: 1,
    conditions: [aCondition({ message: `commit ${commit.slice(0, 7)} is enforced` })],
    ...{ commit, commitShort: commit.slice(0, 7), subject: `subject of ${commit.slice(0, 3)}` },
    ...{ sourced: station, validated: station, applied: station },
    enforced: { ...station, touched: 4, acked: 4, nacked: 0, summary: '4/4' },
    history: [anEntry(commit)],
    inventory: { objects: 7 },
    proxies: { known: 4, connected: 4 },
    drift: { total: 0, last: [] },
    ...parts,
  }
}

/** Writes the status as the control plane would, over whatever is stored. Answers with the object. */
export async function playStatus(
  cluster: Cluster,
  name: string,
  make: (stored: KubernetesObject) => RepositoryStatus,
): Promise<KubernetesObject> {
  const id = { ...MESH_REPOSITORY, namespace: CONTROL_NAMESPACE, name }
  const stored = await cluster.get(id)
  if (stored === undefined) throw new Error(`there is no MeshRepository ${name}`)
  const update = { fieldManager: 'plumbline', subresource: 'status' } as const
  return await cluster.update({ ...stored, status: make(stored) }, update)
}
