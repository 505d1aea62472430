/** A plan as lines for people: what will be created, configured, pruned or left out, and why. */
import { canonicalJson } from '../../../model/canonical-json.ts'
import { printObjectId } from '../../../model/object-id.ts'
import type { FieldChange } from '../../../reconciler/plan/field-changes.ts'
import type { Plan, Step } from '../../../reconciler/plan/step.ts'

/** One line a step that does something, and one a changed field. Unchanged objects are not mentioned. */
export function printPlan(plan: Plan): readonly string[] {
  return plan.steps.flatMap(printStep)
}

function printStep(step: Step): readonly string[] {
  const object = printObjectId(step.id)
  switch (step.type) {
    case 'create':
      return [`+ ${object}`]
    case 'configure':
      return [`~ ${object}`, ...step.changes.flatMap(printChange).map((line) => `    ${line}`)]
    case 'prune':
      return [`- ${object}   (${step.means}: ${step.reason})`]
    case 'skip':
      return [`! ${object}   (skipped: ${step.reason})`]
    case 'unchanged':
      return []
  }
}

function printChange({ path, before, after }: FieldChange): readonly string[] {
  if (Array.isArray(before) && Array.isArray(after)) return printItems(path, before, after)
  if (before === undefined) return [`${path}: ${printValue(after)}`]
  if (after === undefined) return [`${path}: ${printValue(before)} → gone`]
  return [`${path}: ${printValue(before)} → ${printValue(after)}`]
}

/** A long list that gains one item is read by that item, not by the list. */
function printItems(
  path: string,
  before: readonly unknown[],
  after: readonly unknown[],
): readonly string[] {
  const [had, has] = [before, after].map((items) => new Set(items.map(canonicalJson)))
  const gone = before.filter((item) => has?.has(canonicalJson(item)) === false)
  const come = after.filter((item) => had?.has(canonicalJson(item)) === false)
  if (gone.length + come.length === 0) return [`${path}: the same items in another order`]
  return [
    ...gone.map((item) => `${path}: - ${printValue(item)}`),
    ...come.map((item) => `${path}: + ${printValue(item)}`),
  ]
}

const LONGEST = 100

function printValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`
}
