/** Whether a commit may take away as much as it does. */
import { byCodeUnit } from '../../model/by-code-unit.ts'

export interface PruneLimits {
  /** More objects than this are never pruned without an allowance. */
  readonly objects: number
  /** Nor a larger share of what the repository owns, from 0 to 1. */
  readonly share: number
  /** So many always are, however few there are altogether. */
  readonly free: number
}

export const DEFAULT_PRUNE_LIMITS: PruneLimits = { objects: 10, share: 0.25, free: 3 }

/** What a commit's message says about pruning: a number of objects, all of them, or nothing. */
export type PruneAllowance = number | 'all' | undefined

/**
 * Reads the trailer `Plumbline-Allow-Prune: 40` (or `all`) from the last paragraph of a commit message.
 * The allowance is in the commit, so it holds for that commit and no other. Of several trailers the last one counts.
 */
export function parsePruneAllowance(message: string): PruneAllowance {
  const paragraphs = message.trimEnd().split(/\r?\n[ \t]*\r?\n/)
  const trailers = paragraphs.length < 2 ? [] : (paragraphs.at(-1) ?? '').split(/\r?\n/)
  let allowance: PruneAllowance
  for (const line of trailers) {
    const match = /^Plumbline-Allow-Prune:[ \t]*(all|\d{1,9})[ \t]*$/i.exec(line)
    if (match?.[1] !== undefined)
      allowance = match[1].toLowerCase() === 'all' ? 'all' : Number(match[1])
  }
  return allowance
}

/** Why so much may not be pruned, with the way out; `undefined` when it may. */
export function refusePrune(request: {
  /** The objects that would go, as people read them. */
  readonly pruned: readonly string[]
  /** Objects the repository owns before the prune. */
  readonly owned: number
  /** Objects the commit asks for. */
  readonly desired: number
  readonly limits: PruneLimits
  readonly allowance: PruneAllowance
}): string | undefined {
  const { pruned, owned, desired, limits, allowance } = request
  const count = pruned.length
  if (count === 0 || allowance === 'all') return undefined
  const allow = (what: string) =>
    `if that is meant, say so in the commit's message with the trailer \`Plumbline-Allow-Prune: ${what}\``
  if (desired === 0)
    return `the commit has no objects, and all ${count} of the repository would be pruned; ${allow('all')}`
  const isLarge = count > limits.objects || (count > limits.free && count > limits.share * owned)
  if (!isLarge || (allowance ?? 0) >= count) return undefined
  const examples = [...pruned].sort(byCodeUnit).slice(0, 3).join(', ')
  return `${count} of ${owned} objects would be pruned (${examples}, ...), more than ${limits.objects} objects or ${limits.share * 100} %; ${allow(String(count))}`
}
