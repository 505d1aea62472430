import type { ObjectId } from '../../model/object-id.ts'
import { DELEGATE_WEIGHTS } from '../../policy/kinds/fields/weight-delegation.ts'

/**
 * How to end a fight with these managers over the object; nobody is named where the cluster does not say who it was.
 * `delegation`: the rule that they break, where the commit hands the weights of the split over.
 */
export function fightAdvice(
  { kind }: ObjectId,
  managers: readonly string[],
  delegation: string | undefined,
): string {
  const who = managers.length === 0 ? 'whoever deletes or edits it' : managers.join(' and ')
  const stop = `stop ${who}, or take the object out of the repository`
  if (delegation !== undefined)
    return `${stop}; or have the commit hand over what is wanted: ${delegation}`
  if (kind !== 'TrafficSplit' || managers.length === 0) return stop
  return `${stop}; to let ${who} set the weights within bounds, annotate the split in the repository with ${DELEGATE_WEIGHTS}`
}
