/** `plumb`: the commands, and what becomes of an error that none of them caught. */
import { Command, CommanderError } from 'commander'
import { accessCommand } from './commands/access.ts'
import { checkCommand } from './commands/check.ts'
import { completionCommand } from './commands/completion.ts'
import { diffCommand } from './commands/diff.ts'
import { explainCommand } from './commands/explain.ts'
import { labCommand } from './commands/lab.ts'
import { renderCommand } from './commands/render.ts'
import { runCommand } from './commands/run.ts'
import { startCommand } from './commands/start.ts'
import { statusCommand } from './commands/status.ts'
import { whyCommand } from './commands/why.ts'
import { EXIT_CODE } from './exit-code.ts'
import { printError } from './print-error.ts'
import { readVersion } from './version.ts'

export function plumbCommand(): Command {
  const program = new Command('plumb')
    .description('Service-mesh policy as code: what the commit says, every Envoy does.')
    .version(readVersion())
    .showSuggestionAfterError()
    .exitOverride()
  const commands = [
    startCommand(),
    runCommand(),
    labCommand(),
    statusCommand(),
    checkCommand(),
    diffCommand(),
    whyCommand(),
    accessCommand(),
    renderCommand(),
    explainCommand(),
    completionCommand(),
  ]
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program))
  return program
}

try {
  await plumbCommand().parseAsync()
} catch (error) {
  // commander has printed its own; help and version are no failure.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.couldNotRun
  } else {
    process.stderr.write(printError(error))
    process.exitCode = EXIT_CODE.couldNotRun
  }
}
