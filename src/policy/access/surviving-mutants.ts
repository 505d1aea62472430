import type { Intent } from '../intent.ts'
import { buildAccessRelation } from './access-relation.ts'
import type { AccountsBehind } from './accounts-behind.ts'
import type { MatchCompiler } from './match-compiler.ts'
import { type Mutant, mutants } from './mutants.ts'
import { runPolicyTests } from './run-policy-tests.ts'

export interface MutationReport {
  readonly tried: number
  /** Changes of rules that no PolicyTest of the repository notices, in the order of their TrafficTargets. */
  readonly survivors: readonly Omit<Mutant, 'intent'>[]
}

/** Changes each rule in turn and runs the policy tests. The Intent's own tests must pass as it is. */
export function survivingMutants(
  intent: Intent,
  accountsBehind: AccountsBehind,
  compiler: MatchCompiler,
): MutationReport {
  const survivors: Omit<Mutant, 'intent'>[] = []
  let tried = 0
  for (const { intent: changed, ...mutant } of mutants(intent)) {
    tried++
    const context = { intent: changed, relation: buildAccessRelation(changed), compiler }
    if (runPolicyTests(context, accountsBehind).length === 0) survivors.push(mutant)
  }
  return { tried, survivors }
}
