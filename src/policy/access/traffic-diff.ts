/**
 * Where traffic would newly go between two commits, access aside: shares of splits and who may set them, and namespaces that enter
 * or leave the mesh.
 */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { canonicalJson } from '../../model/canonical-json.ts'
import { type ObjectKey, toObjectKey } from '../../model/object-id.ts'
import { toServiceKey } from '../../model/service-name.ts'
import type { NamespaceEnrollment } from '../intent/namespace-enrollment.ts'
import type { TrafficSplitIntent } from '../intent/traffic-split-intent.ts'
import { toSmallestWeights } from '../kinds/fields/weight.ts'
import type { MeshIntent } from '../mesh-intent.ts'

export type TrafficChange =
  | {
      readonly type: 'split'
      /** Absent for a split that is new. */
      readonly before?: TrafficSplitIntent
      /** Absent for a split that goes. */
      readonly after?: TrafficSplitIntent
    }
  | {
      readonly type: 'enrollment'
      readonly namespace: string
      readonly change: 'enters the mesh' | 'leaves the mesh' | 'sidecar injection'
      readonly before?: NamespaceEnrollment
      readonly after?: NamespaceEnrollment
    }

/** Namespaces first, then splits, each in the order of their keys. Parts that are the same objects cost one comparison. */
export function trafficDiff(before: MeshIntent, after: MeshIntent): readonly TrafficChange[] {
  return [...namespaceChanges(before, after), ...splitChanges(before, after)]
}

function namespaceChanges(from: MeshIntent, to: MeshIntent): readonly TrafficChange[] {
  return keysOf(from.namespaces, to.namespaces).flatMap((namespace): readonly TrafficChange[] => {
    const [before, after] = [from.namespaces.get(namespace), to.namespaces.get(namespace)]
    const change = before === after ? undefined : enrollmentChange(before, after)
    if (change === undefined) return []
    return [{ type: 'enrollment', namespace, change, ...sides(before, after) }]
  })
}

function enrollmentChange(
  before: NamespaceEnrollment | undefined,
  after: NamespaceEnrollment | undefined,
) {
  const [was, is] = [before?.enrolled === true, after?.enrolled === true]
  if (was !== is) return is ? 'enters the mesh' : 'leaves the mesh'
  const isSame = !is || before?.sidecarInjection === after?.sidecarInjection
  return isSame ? undefined : 'sidecar injection'
}

function splitChanges(from: MeshIntent, to: MeshIntent): readonly TrafficChange[] {
  if (from.splits === to.splits) return []
  const [old, now] = [splitsOf(from), splitsOf(to)]
  return keysOf(old, now).flatMap((key): readonly TrafficChange[] => {
    const [before, after] = [old.get(key), now.get(key)]
    if (before === after || meaningOf(before) === meaningOf(after)) return []
    return [{ type: 'split', ...sides(before, after) }]
  })
}

function splitsOf({ splits }: MeshIntent): ReadonlyMap<ObjectKey, TrafficSplitIntent> {
  return new Map([...splits.values()].flat().map((split) => [toObjectKey(split.id), split]))
}

/** What the split does and who may set its weights, as text: D11, weights are compared normalised. */
function meaningOf(split: TrafficSplitIntent | undefined): string | undefined {
  if (split === undefined) return undefined
  const weights = toSmallestWeights(split.backends.map(({ weight }) => weight))
  return canonicalJson({
    root: toServiceKey(split.root),
    manager: split.delegation?.manager ?? null,
    bounds: (split.delegation?.bounds ?? [])
      .map(({ service, lower, upper }) => `${toServiceKey(service)} ${lower}..${upper}`)
      .sort(byCodeUnit),
    shares: split.backends
      .map(({ service }, index) => `${toServiceKey(service)} ${weights[index]}`)
      .sort(byCodeUnit),
    matches: split.matches.map(({ methods, pathRegex, headers }) => ({
      methods,
      pathRegex,
      headers,
    })),
  })
}

function sides<T>(before: T | undefined, after: T | undefined): { before?: T; after?: T } {
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
}

function keysOf<Key extends string>(
  one: ReadonlyMap<Key, unknown>,
  other: ReadonlyMap<Key, unknown>,
): readonly Key[] {
  return [...new Set([...one.keys(), ...other.keys()])].sort(byCodeUnit)
}
