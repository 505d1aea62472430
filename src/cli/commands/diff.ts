/** `plumb diff`: who could newly call what, and where traffic would go, between two states of a policy repository. */
import { Command, Option } from 'commander'
import { type AccessChange, accessDiff } from '../../policy/access/access-diff.ts'
import { MatchCompiler } from '../../policy/access/match-compiler.ts'
import { type TrafficChange, trafficDiff } from '../../policy/access/traffic-diff.ts'
import { PolicyCompiler } from '../../policy/policy-compiler.ts'
import { printAccessChanges } from '../../review/access/print-access-changes.ts'
import { printTrafficChanges } from '../../review/access/print-traffic-changes.ts'
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
      const traffic = trafficDiff(before.context.intent, after.context.intent)
      process.stdout.write(
        output === 'json' ? printJson(changes, traffic) : printText(changes, traffic),
      )
    })
}

function printText(changes: readonly AccessChange[], traffic: readonly TrafficChange[]): string {
  const access =
    changes.length === 0 ? ['nobody gains or loses access'] : printAccessChanges(changes)
  const moves = printTrafficChanges(traffic).map((line) => `~ ${line}`)
  return `${[...access, ...moves].join('\n')}\n`
}

function printJson(changes: readonly AccessChange[], traffic: readonly TrafficChange[]): string {
  const plain = changes.map((change) => {
    if (change.type !== 'http') return change
    const { requests: _, ...rest } = change
    return rest
  })
  return `${JSON.stringify([...plain, ...traffic], null, 2)}\n`
}
