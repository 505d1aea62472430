/** Files to everything that is wrong with them: reading, meaning, and the repository's own policy tests. */
import type { Problem } from '../../model/problem.ts'
import { sortProblems } from '../../model/problem-order.ts'
import { buildAccessRelation } from '../../policy/access/access-relation.ts'
import { accountsByCustom } from '../../policy/access/accounts-behind.ts'
import { MatchCompiler } from '../../policy/access/match-compiler.ts'
import { runPolicyTests } from '../../policy/access/run-policy-tests.ts'
import type { Intent } from '../../policy/intent.ts'
import { type CompilationStats, PolicyCompiler } from '../../policy/policy-compiler.ts'
import type { PolicyFiles } from '../policy-files.ts'

export interface CheckResult {
  readonly problems: readonly Problem[]
  readonly stats: CompilationStats
  /** Cases and invariants that were run; none for a commit that has errors already. */
  readonly policyTests: number
}

export function checkPolicies({ commit, files, root }: PolicyFiles): CheckResult {
  const compilation = new PolicyCompiler().compile({ commit, files, root })
  const { problems, stats } = compilation
  if (compilation.type === 'invalid') return { problems, stats, policyTests: 0 }
  const failed = testIntent(compilation.intent)
  const policyTests = [...compilation.intent.policyTests.values()].reduce(
    (sum, test) => sum + test.cases.length + test.invariants.length,
    0,
  )
  return { problems: sortProblems([...problems, ...failed]), stats, policyTests }
}

/** Without a cluster, a service is taken to run as the account of its name, as manifests by custom have it. */
function testIntent(intent: Intent): readonly Problem[] {
  const context = {
    intent,
    relation: buildAccessRelation(intent),
    compiler: new MatchCompiler(),
  }
  return runPolicyTests(context, accountsByCustom(intent))
}
