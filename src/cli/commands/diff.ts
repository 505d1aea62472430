/** `plumb diff`: who could newly call what, between two states of a policy repository. */
import { Command, Option } from 'commander'
import { type AccessChange, accessDiff } from '../../policy/access/access-diff.ts'
import { MatchCompiler } from '../../policy/access/match-compiler.ts'
import { PolicyCompiler } from '../../policy/policy-compiler.ts'
import { printAccessChanges } from '../../review/access/print-access-changes.ts'
import { loadAccess } from '../access/load-access.ts'

interface DiffFlags {
  readonly base: string
  readonly ref?: string
  readonly output: 'text' | 'json'
}

export function diffCommand(): Command {
  return new Command('diff')
    .description('show who could newly call what, and who no longer could, against another commit')
    .argument('[path]', 'a folder of a repository, or its URL', '.')
    .requiredOption('--base <ref>', 'the branch, tag or commit to compare with')
    .option('--ref <ref>', 'a branch, tag or commit instead of the files on disk')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'),
    )
    .action(async (target: string, { base, ref, output }: DiffFlags) => {
      // One compiler for both sides: what both have is the same object in both, and is compared by reference.
      const shared = { target, compiler: new MatchCompiler(), policies: new PolicyCompiler() }
      const before = await loadAccess({ ...shared, ref: base })
      const after = await loadAccess({ ...shared, ...(ref !== undefined && { ref }) })
      const changes = accessDiff(before.context.relation, after.context.relation, shared.compiler)
      process.stdout.write(output === 'json' ? printJson(changes) : printText(changes))
    })
}

function printText(changes: readonly AccessChange[]): string {
  if (changes.length === 0) return 'nobody gains or loses access\n'
  return `${printAccessChanges(changes).join('\n')}\n`
}

function printJson(changes: readonly AccessChange[]): string {
  const plain = changes.map((change) => {
    if (change.type !== 'http') return change
    const { requests: _, ...rest } = change
    return rest
  })
  return `${JSON.stringify(plain, null, 2)}\n`
}
