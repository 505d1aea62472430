/** What a change made in the cluster would have meant, in the words of a review: who would newly call what. */
import type { AccessChange } from '../../policy/access/access-diff.ts'
import type { EditEffect } from '../../policy/access/edit-effect.ts'
import { printAccessChange } from '../access/print-access-change.ts'
import { printTrafficChanges } from '../access/print-traffic-changes.ts'

/** Lines of each sort at most: a namespace taken out of the mesh can close thousands of pairs. */
const MAX_LINES = 10

export interface PrintedEditEffect {
  /** Access that the edit would have opened. With a last line that counts those left out, where there are more than ten. */
  readonly opened: readonly string[]
  readonly closed: readonly string[]
  readonly traffic: readonly string[]
  /** What there is to say beside those, or instead of them. */
  readonly note?: string
}

export function printEditEffect(effect: EditEffect): PrintedEditEffect {
  const none = { opened: [], closed: [], traffic: [] }
  switch (effect.type) {
    case 'none':
      return { ...none, note: 'it would have had no effect on access or traffic' }
    case 'changed':
      return {
        opened: bounded(effect.access.filter(isGain).map(printPlain)),
        closed: bounded(effect.access.filter((change) => !isGain(change)).map(printPlain)),
        traffic: bounded(printTrafficChanges(effect.traffic)),
      }
    case 'refused':
      return { ...none, note: printRefusal(effect) }
    case 'unknown':
      return { ...none, note: `what it would have meant is not known: ${effect.reason}` }
  }
}

function isGain({ direction }: AccessChange): boolean {
  return direction === 'gained'
}

/** In a sentence, and not in columns. */
function printPlain(change: AccessChange): string {
  return printAccessChange(change).replaceAll(/ {2,}/g, ' ')
}

function bounded(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_LINES) return lines
  return [...lines.slice(0, MAX_LINES), `and ${lines.length - MAX_LINES} more`]
}

function printRefusal({ first, errors }: Extract<EditEffect, { readonly type: 'refused' }>) {
  const more = errors === 1 ? '' : ` (and ${errors - 1} more)`
  const at = first.path === '' ? '' : `${first.path}: `
  return `no commit could say so: ${at}${first.message} [${first.code}]${more}`
}
