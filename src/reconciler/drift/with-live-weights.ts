/** The mesh with the weights that controllers have set, where the commit hands them over and they keep its bounds. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { ObjectId } from '../../model/object-id.ts'
import type { ServiceKey } from '../../model/service-name.ts'
import type { TrafficSplitIntent } from '../../policy/intent/traffic-split-intent.ts'
import type { MeshIntent } from '../../policy/mesh-intent.ts'
import { judgeLiveWeights } from './live-weights.ts'

type Splits = MeshIntent['splits']
type LiveObject = (id: ObjectId) => KubernetesObject | undefined

/**
 * The same object where nothing is handed over or nothing moved, and the answer before where it would say the same: what did
 * not move is never worked out again downstream. Costs nothing but for the splits that are handed over.
 */
export function withLiveWeights(mesh: MeshIntent, live: LiveObject): MeshIntent {
  const delegating = delegatingSplits(mesh.splits)
  if (delegating.length === 0) return mesh
  const moved = delegating.flatMap(([root, own]) => {
    const now = reused(
      arrays,
      own,
      own.map((split) => follow(split, live)),
      isSameList,
    )
    return now === own ? [] : [[root, now] as const]
  })
  if (moved.length === 0) return mesh
  const splits = withMoved(mesh.splits, moved)
  return reused(meshes, mesh, { ...mesh, splits }, (one, other) => one.splits === other.splits)
}

/** Whether live weights must be known before the mesh is served: without them a restart would send traffic back to the declared ones. */
export function delegatesWeights({ splits }: MeshIntent): boolean {
  return delegatingSplits(splits).length > 0
}

type RootSplits = readonly [root: ServiceKey, splits: readonly TrafficSplitIntent[]]

const delegatingOf = new WeakMap<Splits, readonly RootSplits[]>()

function delegatingSplits(splits: Splits): readonly RootSplits[] {
  const known = delegatingOf.get(splits)
  if (known !== undefined) return known
  const found = [...splits].filter(([, own]) => own.some(({ delegation }) => delegation))
  delegatingOf.set(splits, found)
  return found
}

function follow(split: TrafficSplitIntent, live: LiveObject): TrafficSplitIntent {
  const { backends, delegation } = split
  if (delegation === undefined) return split
  const judged = judgeLiveWeights({ backends, delegation }, live(split.id))
  if (judged.type === 'refused') return split
  const { weights } = judged
  if (backends.every(({ weight }, index) => weight === weights[index])) return split
  const moved = backends.map((backend, index) => ({ ...backend, weight: weights[index] ?? 0 }))
  return reused(followed, split, { ...split, backends: moved }, hasSameWeights)
}

/** The last answer to each question, which stands for an equal one. */
const followed = new WeakMap<TrafficSplitIntent, TrafficSplitIntent>()
const arrays = new WeakMap<readonly TrafficSplitIntent[], readonly TrafficSplitIntent[]>()
const tables = new WeakMap<
  Splits,
  { readonly moved: readonly RootSplits[]; readonly table: Splits }
>()
const meshes = new WeakMap<MeshIntent, MeshIntent>()

/** The table before, where the same splits moved to the same weights: a table may be long, and what moves is short. */
function withMoved(splits: Splits, moved: readonly RootSplits[]): Splits {
  const before = tables.get(splits)
  const isSame =
    before?.moved.length === moved.length &&
    before.moved.every(([root, own], index) => {
      const now = moved[index]
      return root === now?.[0] && own === now[1]
    })
  if (before !== undefined && isSame) return before.table
  const table = new Map([...splits, ...moved])
  tables.set(splits, { moved, table })
  return table
}

/** The question itself where the answer says the same, or the answer before; else the new answer, which is remembered. */
function reused<T extends object>(
  answers: WeakMap<T, T>,
  question: T,
  answer: T,
  isSame: (one: T, other: T) => boolean,
): T {
  if (isSame(question, answer)) return question
  const before = answers.get(question)
  if (before !== undefined && isSame(before, answer)) return before
  answers.set(question, answer)
  return answer
}

function hasSameWeights(one: TrafficSplitIntent, other: TrafficSplitIntent): boolean {
  return one.backends.every(({ weight }, index) => weight === other.backends[index]?.weight)
}

function isSameList<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index])
}
