/** Who could newly call what, as lines for people. The first thing a reviewer of mesh policy wants to read. */
import type { SourceLocation } from '../../model/source-location.ts'
import type { AccessChange } from '../../policy/access/access-diff.ts'
import { printAccessChange } from './print-access-change.ts'

/** One line a change: `+` for a gain, `-` for a loss; empty when nothing changed. */
export function printAccessChanges(changes: readonly AccessChange[]): readonly string[] {
  return changes.map((change) => {
    const sign = change.direction === 'gained' ? '+' : '-'
    const where = [...new Set(change.locations.map(printLocation))].slice(0, 3).join(', ')
    return `${sign} ${printAccessChange(change)}${where === '' ? '' : `   (${where})`}`
  })
}

function printLocation({ file, line }: SourceLocation): string {
  return `${file}:${line}`
}
