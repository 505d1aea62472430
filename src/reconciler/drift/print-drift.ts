/** A drift as one sentence: what, who, what was done, what it would have meant. */
import { printObjectId } from '../../model/object-id.ts'
import type { DriftEffect, DriftReport } from './drift-report.ts'

/** As `TrafficTarget shop/web .spec.sources edited by kubectl-edit; put back; it would have opened …; no proxy saw it`. */
export function printDrift(report: DriftReport): string {
  const { delegation, advice } = report
  return [
    printEdit(report),
    ...(delegation === undefined ? [] : [delegation]),
    printAction(report),
    ...printEffect(report.effect),
    'no proxy saw it',
    ...(advice === undefined ? [] : [`this goes on and on: ${advice}`]),
  ].join('; ')
}

function printEdit({ object, fields, managers }: DriftReport): string {
  if (fields.length === 0) return `${printObjectId(object)} deleted`
  const by = managers.length === 0 ? '' : ` by ${managers.join(' and ')}`
  return `${printObjectId(object)} ${fields.join(', ')} edited${by}`
}

function printAction({ action }: DriftReport): string {
  switch (action) {
    case 'restored':
      return 'put back'
    case 'recreated':
      return 'made again'
    case 'reported':
      return 'left as it is'
  }
}

function printEffect({ opened, closed, traffic, note }: DriftEffect): readonly string[] {
  const part = (what: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`it would have ${what}: ${lines.join(', ')}`]
  return [
    ...part('opened', opened),
    ...part('closed', closed),
    ...part('moved traffic', traffic),
    ...(note === undefined ? [] : [note]),
  ]
}
