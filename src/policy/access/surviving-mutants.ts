/** Mutation testing of a repository's rules: which of them could be dropped or widened without any PolicyTest noticing. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { toAccountKey } from '../../model/service-account.ts'
import type { Grant } from '../intent/grant.ts'
import type { Intent } from '../intent.ts'
import { type AccessChange, accessDiff } from './access-diff.ts'
import { type AccessRelation, buildAccessRelation, toPairKey } from './access-relation.ts'
import type { AccountsBehind } from './accounts-behind.ts'
import type { MatchCompiler } from './match-compiler.ts'
import { type Mutant, mutants } from './mutants.ts'
import { runPolicyTests } from './run-policy-tests.ts'
import { testsByDestination } from './tests-by-destination.ts'

export interface Survivor extends Omit<Mutant, 'grant'> {
  /** What the change would do, with a request that a test could pin. */
  readonly change: AccessChange
}

export interface MutationReport {
  /** Changes that make a difference to somebody's access. */
  readonly tried: number
  /** Those that no PolicyTest of the repository notices, in the order of their TrafficTargets. */
  readonly survivors: readonly Survivor[]
}

export interface MutationOptions {
  /** Its own policy tests must pass. */
  readonly intent: Intent
  readonly accountsBehind: AccountsBehind
  readonly compiler: MatchCompiler
  /** Called after each TrafficTarget. */
  readonly onProgress?: (done: number, of: number) => void
}

/** Changes each rule in turn, and runs the policy tests that ask about its destination: no other test can notice. */
export function survivingMutants(options: MutationOptions): MutationReport {
  const { intent, onProgress } = options
  const relation = buildAccessRelation(intent)
  const isNoticed = noticedByTests(options, relation)
  const survivors: Survivor[] = []
  let tried = 0
  const grants = [...intent.grants].sort(([a], [b]) => byCodeUnit(a, b)).map(([, grant]) => grant)
  for (const [index, grant] of grants.entries()) {
    for (const mutant of mutants(grant)) {
      const change = isNoticed(grant, mutant)
        ? 'noticed'
        : firstChange(options, relation, grant, mutant)
      if (change === undefined) continue // another rule allows the same, so there is nothing to notice
      tried++
      const { type, description, location } = mutant
      if (change !== 'noticed') survivors.push({ type, description, location, change })
    }
    onProgress?.(index + 1, grants.length)
  }
  return { tried, survivors }
}

function noticedByTests(
  { intent, accountsBehind, compiler }: MutationOptions,
  relation: AccessRelation,
): (grant: Grant, mutant: Mutant) => boolean {
  const testsOf = testsByDestination(intent, accountsBehind, relation.byDestination.keys())
  // Every mutant is put into this one copy and taken out again: a copy each would cost the whole relation a mutant.
  const byDestination = new Map(relation.byDestination)
  const changed = { ...relation, byDestination }
  return (grant, mutant) => {
    const destination = toAccountKey(grant.destination)
    const policyTests = testsOf.get(destination)
    if (policyTests === undefined) return false
    const grants = relation.byDestination.get(destination) ?? []
    byDestination.set(
      destination,
      grants.map((one) => (one === grant ? mutant.grant : one)),
    )
    const context = { intent: { ...intent, policyTests }, relation: changed, compiler }
    const isNoticed = runPolicyTests(context, accountsBehind).length > 0
    byDestination.set(destination, grants)
    return isNoticed
  }
}

function firstChange(
  { compiler }: MutationOptions,
  relation: AccessRelation,
  grant: Grant,
  mutant: Mutant,
): AccessChange | undefined {
  const before = pairsOf(relation, grant, grant)
  return accessDiff(before, pairsOf(relation, grant, mutant.grant), compiler)[0]
}

/** The relation about the sources of one grant and its destination alone, with the grant as it is or changed. */
function pairsOf(relation: AccessRelation, grant: Grant, changed: Grant): AccessRelation {
  const grants = new Map<ReturnType<typeof toPairKey>, readonly Grant[]>()
  for (const { account } of grant.sources) {
    const key = toPairKey(account, grant.destination)
    const own = relation.grants.get(key)
    const isLeft = changed.sources.some(
      (one) => toAccountKey(one.account) === toAccountKey(account),
    )
    if (own !== undefined)
      grants.set(
        key,
        own.flatMap((one) => (one !== grant ? [one] : isLeft ? [changed] : [])),
      )
  }
  return { ...relation, grants }
}
