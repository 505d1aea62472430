/** What the access relation of a commit says against it: policy tests that fail, and rules that do nothing. */
import type { Problem } from '../../model/problem.ts'
import type { Intent } from '../intent.ts'
import { buildAccessRelation } from './access-relation.ts'
import { accountsByCustom } from './accounts-behind.ts'
import type { MatchCompiler } from './match-compiler.ts'
import { ruleWarnings } from './rule-warnings.ts'
import { runPolicyTests } from './run-policy-tests.ts'

/** Without a cluster: a service is taken to run as the account of its name, as manifests by custom have it. */
export function checkAccess(intent: Intent, compiler: MatchCompiler): readonly Problem[] {
  const relation = buildAccessRelation(intent)
  const tests = runPolicyTests({ intent, relation, compiler }, accountsByCustom(intent))
  return [...tests, ...ruleWarnings(intent, relation, compiler)]
}
