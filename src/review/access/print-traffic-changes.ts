/** Where traffic would newly go, as lines for people. */
import { printObjectId } from '../../model/object-id.ts'
import { toServiceKey } from '../../model/service-name.ts'
import type { TrafficChange } from '../../policy/access/traffic-diff.ts'
import type { TrafficSplitIntent } from '../../policy/intent/traffic-split-intent.ts'

/** One line a change, as `moves TrafficSplit bookstore/bookstore from v1 90 %, v2 10 % to v1 50 %, v2 50 %`. */
export function printTrafficChanges(changes: readonly TrafficChange[]): readonly string[] {
  return changes.map(printTrafficChange)
}

function printTrafficChange(change: TrafficChange): string {
  if (change.type === 'split') return printSplitChange(change)
  const { namespace, before, after } = change
  if (change.change !== 'sidecar injection') return `namespace ${namespace} ${change.change}`
  return `sidecar injection of namespace ${namespace} is ${after?.sidecarInjection ?? 'unset'}, and was ${before?.sidecarInjection ?? 'unset'}`
}

function printSplitChange({
  before,
  after,
}: Extract<TrafficChange, { readonly type: 'split' }>): string {
  if (before === undefined)
    return after === undefined ? '' : `${nameOf(after)} begins: ${printShares(after)}`
  if (after === undefined)
    return `${nameOf(before)} ends: ${toServiceKey(before.root)} answers for itself, and not ${printShares(before)}`
  const moves = printMove(before, after)
  const hands = printHandOver(before, after)
  const said = [...moves, ...hands]
  return `${nameOf(after)} ${said.length === 0 ? 'splits other requests than before' : said.join(', and ')}`
}

function printMove(before: TrafficSplitIntent, after: TrafficSplitIntent): readonly string[] {
  const [was, is] = [printShares(before), printShares(after)]
  return was === is ? [] : [`moves from ${was} to ${is}`]
}

function printHandOver(before: TrafficSplitIntent, after: TrafficSplitIntent): readonly string[] {
  const [was, is] = [printDelegation(before), printDelegation(after)]
  if (was === is) return []
  return is === undefined
    ? [`takes its weights back from ${before.delegation?.manager ?? ''}`]
    : [`hands its weights to ${is}`]
}

function printDelegation({ delegation }: TrafficSplitIntent): string | undefined {
  if (delegation === undefined) return undefined
  const bounds = delegation.bounds.map(
    ({ service, lower, upper }) => `${service.name} ${lower}..${upper} %`,
  )
  return `${delegation.manager} within ${bounds.join(', ')}`
}

function nameOf(split: TrafficSplitIntent): string {
  return printObjectId(split.id)
}

/** Shares of the whole to a tenth of a percent, in the order written. */
function printShares({ root, backends }: TrafficSplitIntent): string {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0)
  const shares = backends.map(
    ({ service, weight }) => `${service.name} ${Math.round((weight * 1_000) / total) / 10} %`,
  )
  return `${shares.join(', ')} of ${toServiceKey(root)}`
}
