/** Files to everything that is wrong with them: reading, meaning, and the repository's own policy tests. */
import type { Problem } from '../../model/problem.ts'
import { sortProblems } from '../../model/problem-order.ts'
import { accountsByCustom } from '../../policy/access/accounts-behind.ts'
import { checkAccess } from '../../policy/access/check-access.ts'
import { MatchCompiler } from '../../policy/access/match-compiler.ts'
import { mutationProblems } from '../../policy/access/mutation-problems.ts'
import { survivingMutants } from '../../policy/access/surviving-mutants.ts'
import type { Intent } from '../../policy/intent.ts'
import { type CompilationStats, PolicyCompiler } from '../../policy/policy-compiler.ts'
import type { PolicyFiles } from '../policy-files.ts'

export interface CheckResult {
  readonly problems: readonly Problem[]
  readonly stats: CompilationStats
  /** Cases and invariants that were run; none for a commit that has errors already. */
  readonly policyTests: number
  /** Changes of rules that were tried on the policy tests; absent unless asked for, and for a commit that has errors. */
  readonly mutants?: number
}

export interface CheckOptions {
  /** Tries the policy tests on changed rules; called after each TrafficTarget. */
  readonly mutate?: (done: number, of: number) => void
}

export function checkPolicies(
  { commit, files, root }: PolicyFiles,
  { mutate }: CheckOptions = {},
): CheckResult {
  const compilation = new PolicyCompiler().compile({ commit, files, root })
  const { problems, stats } = compilation
  if (compilation.type === 'invalid') return { problems, stats, policyTests: 0 }
  const { intent } = compilation
  const compiler = new MatchCompiler()
  const found = [...problems, ...checkAccess(intent, compiler)]
  const policyTests = [...intent.policyTests.values()].reduce(
    (sum, test) => sum + test.cases.length + test.invariants.length,
    0,
  )
  if (mutate === undefined || found.some(({ severity }) => severity === 'error'))
    return { problems: sortProblems(found), stats, policyTests }
  const { mutants, survivors } = tryMutants(intent, compiler, mutate)
  return { problems: sortProblems([...found, ...survivors]), stats, policyTests, mutants }
}

function tryMutants(
  intent: Intent,
  compiler: MatchCompiler,
  onProgress: (done: number, of: number) => void,
): { readonly mutants: number; readonly survivors: readonly Problem[] } {
  const accountsBehind = accountsByCustom(intent)
  const { tried, survivors } = survivingMutants({ intent, accountsBehind, compiler, onProgress })
  return { mutants: tried, survivors: mutationProblems(survivors) }
}
