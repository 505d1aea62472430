import type { ObjectId } from '../../model/object-id.ts'
import { DELEGATE_WEIGHTS } from '../../policy/kinds/fields/weight-delegation.ts'

/** How to end a fight with these managers over the object. Nobody is named where the cluster does not say who it was. */
export function fightAdvice({ kind }: ObjectId, managers: readonly string[]): string {
  const who = managers.length === 0 ? 'whoever deletes or edits it' : managers.join(' and ')
  const stop = `stop ${who}, or take the object out of the repository`
  if (kind !== 'TrafficSplit' || managers.length === 0) return stop
  return `${stop}; to let ${who} set the weights within bounds, annotate the split in the repository with ${DELEGATE_WEIGHTS}`
}
