/** `plumb rollback`: an older commit in place of the one that the ref names, visibly and for a while. */
import { Command } from 'commander'
import { type ClusterFlags, withClusterFlags } from '../cluster-flags.ts'
import { confirm } from '../confirm.ts'
import { EXIT_CODE, UsageError } from '../exit-code.ts'
import { parseSpan } from '../parse-span.ts'
import { askForPass } from '../repositories/ask-for-pass.ts'
import { findRepositories } from '../repositories/find-repositories.ts'
import { type CommandPlace, inCommandCluster } from '../repositories/in-command-cluster.ts'
import { printOwners } from '../repositories/print-owners.ts'
import { printRollback } from '../repositories/print-rollback.ts'
import { type RepositoryView, toRepositoryView } from '../repositories/repository-view.ts'
import { planRollback } from '../repositories/rollback-plan.ts'
import { withSpecField } from '../repositories/with-spec-field.ts'

interface RollbackFlags extends ClusterFlags {
  readonly for?: string
  readonly reason?: string
  readonly yes?: true
  readonly dryRun?: true
  readonly cancel?: true
  readonly timeout: string
  readonly wait: boolean
}

const DESCRIPTION = `Pins a commit that was enforced before, until the next commit on the ref, or until the time that --for gives is over. Without COMMIT it is the \
last one that was enforced before the current one; COMMIT is all of a SHA, or the beginning of one that plumb get NAME shows. \
The policy repository is not changed: the pin is for the time until the commit is reverted there.

Exit status: 0 enforced, 1 it stopped on the way, and why, or was not confirmed, 2 could not run, or not settled within the timeout.`

export function rollbackCommand(): Command {
  const command = new Command('rollback')
    .summary('pin an older commit until the next one, and wait until it is enforced')
    .description(DESCRIPTION)
    .argument('<name>', 'of a MeshRepository')
    .argument('[commit]', 'to go back to (default: the one enforced before the current one)')
    .option('--for <span>', 'the pin is over after this, as in 2h')
    .option('--reason <text>', 'why, for whoever wonders')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'say what it would do, and do nothing')
    .option('--cancel', 'take the pin away: back to what the ref names')
    .option('--timeout <span>', 'how long to wait', '2m')
    .option('--no-wait', 'do not wait')
  return withClusterFlags(command).action(
    async (name: string, commit: string | undefined, flags: RollbackFlags) => {
      if (flags.cancel === true && (commit ?? flags.for ?? flags.reason) !== undefined)
        throw new UsageError(
          '--cancel takes the pin away, so a commit, --for and --reason mean nothing with it; leave them out',
        )
      process.exitCode = await inCommandCluster(flags, async (place) => {
        const [object] = await findRepositories(place.cluster, [name])
        if (object === undefined) throw new Error(`${name} was found and is not there`)
        const owners = printOwners(object, 'pin')
        const rollback = { place, owners, before: toRepositoryView(object) }
        return flags.cancel === true
          ? await cancel(rollback, flags)
          : await pin(rollback, commit, flags)
      })
    },
  )
}

interface Rollback {
  readonly place: CommandPlace
  readonly before: RepositoryView
  /** A line that warns of whoever else writes the pin. */
  readonly owners: string
}

async function pin(
  { place, before, owners }: Rollback,
  commit: string | undefined,
  flags: RollbackFlags,
): Promise<number> {
  const now = place.shell.clock.now()
  const forMs = flags.for === undefined ? undefined : parseSpan('--for', flags.for)
  const timeoutMs = parseSpan('--timeout', flags.timeout)
  const plan = planRollback(before, { commit, forMs, reason: flags.reason, now })
  if (!plan.ok) throw new UsageError(plan.error)
  process.stdout.write(printRollback(before, plan.value, now) + owners)
  if (flags.dryRun === true) return EXIT_CODE.ok
  const question = `roll ${before.name} back?`
  if (!(await confirm({ yes: flags.yes === true, question }, place.signal))) return notDone()
  const isAwaited = flags.wait && !before.isSuspended
  const exitCode = await askForPass(place, {
    ...{ before, timeoutMs, isAwaited, commit: plan.value.pin.commit },
    edit: (object) => withSpecField(object, 'pin', plan.value.pin),
  })
  if (!isAwaited)
    process.stdout.write(`${before.name} is pinned; follow it with plumb get ${before.name}\n`)
  return exitCode
}

async function cancel({ place, before, owners }: Rollback, flags: RollbackFlags): Promise<number> {
  const timeoutMs = parseSpan('--timeout', flags.timeout)
  const { name, ref, pin: pinned, status } = before
  if (pinned === undefined) {
    process.stdout.write(`${name} is not pinned\n`)
    return EXIT_CODE.ok
  }
  const tip = status.sourced.commit?.slice(0, 12) ?? 'a commit that has not been read yet'
  process.stdout.write(
    `take the pin of ${name} away\n  from  ${pinned.commit.slice(0, 12)}\n  to    what ${ref} names: ${tip}\n${owners}`,
  )
  if (flags.dryRun === true) return EXIT_CODE.ok
  const question = `go back to what ${ref} names?`
  if (!(await confirm({ yes: flags.yes === true, question }, place.signal))) return notDone()
  const isAwaited = flags.wait && !before.isSuspended
  const edit = (object: Parameters<typeof withSpecField>[0]) =>
    withSpecField(object, 'pin', undefined)
  const exitCode = await askForPass(place, { before, timeoutMs, isAwaited, edit })
  if (!isAwaited)
    process.stdout.write(`${name} is not pinned any more; follow it with plumb get ${name}\n`)
  return exitCode
}

function notDone(): number {
  process.stdout.write('nothing was changed\n')
  return EXIT_CODE.found
}
