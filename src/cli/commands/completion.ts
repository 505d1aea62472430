/** `plumb completion SHELL`: a script that completes commands and flags, made from the commands themselves. */
import { Argument, Command } from 'commander'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

export function completionCommand(): Command {
  return new Command('completion')
    .summary('print a completion script')
    .description(
      `Prints a script that completes commands and flags.

  bash   source <(plumb completion bash)
  zsh    source <(plumb completion zsh)
  fish   plumb completion fish | source`,
    )
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell, _flags, command: Command) => {
      process.stdout.write(completionScript(shell, command.parent ?? command))
    })
}

interface Completed {
  readonly name: string
  readonly summary: string
  readonly flags: readonly { readonly flag: string; readonly text: string }[]
}

export function completionScript(shell: Shell, program: Command): string {
  const commands = program.createHelp().visibleCommands(program).map(toCompleted)
  switch (shell) {
    case 'bash':
      return bash(commands)
    case 'zsh':
      return `autoload -Uz bashcompinit && bashcompinit\n${bash(commands)}`
    case 'fish':
      return fish(commands)
  }
}

function toCompleted(command: Command): Completed {
  const flags = command.createHelp().visibleOptions(command)
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    flags: flags.flatMap(({ long, description }) =>
      long === undefined || long === null ? [] : [{ flag: long, text: description }],
    ),
  }
}

function bash(commands: readonly Completed[]): string {
  const cases = commands.map(
    ({ name, flags }) => `    ${name}) words="${flags.map(({ flag }) => flag).join(' ')}" ;;`,
  )
  return `_plumb() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands.map(({ name }) => name).join(' ')}"
  else case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _plumb plumb
`
}

function fish(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ name, summary, flags }) => [
    `complete -c plumb -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...flags.map(
      ({ flag, text }) =>
        `complete -c plumb -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d ${quote(text)}`,
    ),
  ])
  return `${lines.join('\n')}\n`
}

function quote(text: string): string {
  return `'${(text.split('\n')[0] ?? '').replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
