/** The objects that the inventory has to name before a plan is carried out. Pure. */
import type { ObjectId } from '../../model/object-id.ts'
import type { Plan, Step } from './step.ts'

/** What the commit wants and what leaves, found orphans among it; not the namespaces that are made for others' sake. */
export function trackedIds({ steps }: Plan): readonly ObjectId[] {
  return steps.filter(isTracked).map(({ id }) => id)
}

function isTracked(step: Step): boolean {
  if (step.type === 'skip') return step.means !== 'forget'
  return step.type !== 'create' || step.hash !== undefined
}
