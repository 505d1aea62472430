/** `plumb`: the commands, and what becomes of an error that none of them caught. */
import { Command, CommanderError } from 'commander'
import { EXIT_CODE } from './exit-code.ts'
import { printError } from './print-error.ts'
import { readVersion } from './version.ts'

/** In the order in which help lists them. Each is loaded when it is needed: most do without gRPC, git and the lab. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand(),
  install: async () => (await import('./commands/install.ts')).installCommand(),
  uninstall: async () => (await import('./commands/uninstall.ts')).uninstallCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  run: async () => (await import('./commands/run.ts')).runCommand(),
  lab: async () => (await import('./commands/lab.ts')).labCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  get: async () => (await import('./commands/get.ts')).getCommand(),
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand(),
  suspend: async () => (await import('./commands/suspend.ts')).suspendCommand(),
  resume: async () => (await import('./commands/resume.ts')).resumeCommand(),
  rollback: async () => (await import('./commands/rollback.ts')).rollbackCommand(),
  check: async () => (await import('./commands/check.ts')).checkCommand(),
  diff: async () => (await import('./commands/diff.ts')).diffCommand(),
  why: async () => (await import('./commands/why.ts')).whyCommand(),
  access: async () => (await import('./commands/access.ts')).accessCommand(),
  render: async () => (await import('./commands/render.ts')).renderCommand(),
  explain: async () => (await import('./commands/explain.ts')).explainCommand(),
  schema: async () => (await import('./commands/schema.ts')).schemaCommand(),
  completion: async () => (await import('./commands/completion.ts')).completionCommand(),
}

/** With the one command that is called; with all of them where help, completion or a misspelt name needs them. */
async function plumbCommand(called: string | undefined): Promise<Command> {
  const program = new Command('plumb')
    .description('Service-mesh policy as code: what the commit says, every Envoy does.')
    .version(readVersion())
    .showSuggestionAfterError()
    .exitOverride()
  const only = called === 'completion' ? undefined : COMMANDS[called ?? '']
  const loaders = only === undefined ? Object.values(COMMANDS) : [only]
  for (const command of await Promise.all(loaders.map((load) => load())))
    program.addCommand(command.copyInheritedSettings(program))
  return program
}

// A reader that has read enough (`plumb access | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT_CODE.ok)
})

try {
  const program = await plumbCommand(process.argv[2])
  await program.parseAsync()
} catch (error) {
  // commander has printed its own; help and version are no failure.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.couldNotRun
  } else {
    process.stderr.write(printError(error))
    process.exitCode = EXIT_CODE.couldNotRun
  }
}
