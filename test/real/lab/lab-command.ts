/** Run by lab-command.test.ts: `plumb lab` alone. */
import { Command } from 'commander'
import { labCommand } from '../../../src/cli/commands/lab.ts'
import { printError } from '../../../src/cli/print-error.ts'

try {
  await new Command('plumb').addCommand(labCommand()).parseAsync()
} catch (error) {
  process.stderr.write(printError(error))
  process.exitCode = 2
}
