/** Reads and compiles policies for the commands that ask about access; their problems go to standard error. */
import { buildAccessRelation } from '../../policy/access/access-relation.ts'
import { type AccountsBehind, accountsByCustom } from '../../policy/access/accounts-behind.ts'
import type { AccessContext } from '../../policy/access/ask.ts'
import { MatchCompiler } from '../../policy/access/match-compiler.ts'
import { PolicyCompiler } from '../../policy/policy-compiler.ts'
import { UsageError } from '../exit-code.ts'
import { type PolicyFiles, readPolicyFiles } from '../policy-files.ts'
import { SystemClock } from '../system-clock.ts'
import { createLogger } from '../system-logger.ts'

export interface LoadedAccess {
  readonly source: PolicyFiles
  readonly context: AccessContext
  readonly accountsBehind: AccountsBehind
}

export interface LoadAccessOptions {
  readonly target: string
  readonly ref?: string
  readonly compiler?: MatchCompiler
  readonly policies?: PolicyCompiler
}

/** Throws UsageError when the policies have errors: a wrong commit has no access relation. */
export async function loadAccess(options: LoadAccessOptions): Promise<LoadedAccess> {
  const source = await readPolicyFiles({
    target: options.target,
    ...(options.ref === undefined ? {} : { ref: options.ref }),
    workingDirectory: process.cwd(),
    clock: new SystemClock(),
    log: createLogger({ format: 'text', level: 'warn', stream: process.stderr }),
    signal: AbortSignal.timeout(120_000),
  })
  const { commit, files, root } = source
  const compilation = (options.policies ?? new PolicyCompiler()).compile({ commit, files, root })
  if (compilation.type === 'invalid') {
    const errors = compilation.problems.filter(({ severity }) => severity === 'error')
    throw new UsageError(
      `the policies have ${errors.length} ${errors.length === 1 ? 'problem' : 'problems'}, so nobody can say who may call what; plumb check ${options.target} shows them`,
    )
  }
  const { intent } = compilation
  const compiler = options.compiler ?? new MatchCompiler()
  return {
    source,
    context: { intent, relation: buildAccessRelation(intent), compiler },
    accountsBehind: accountsByCustom(intent),
  }
}
