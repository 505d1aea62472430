/** `plumb check`: every problem of a policy repository, with file and line. */
import { Command, Option } from 'commander'
import { checkPolicies } from '../check/check-policies.ts'
import { CHECK_FORMATS, type CheckFormat, printCheck } from '../check/print-check.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { readPolicyFiles } from '../policy-files.ts'
import { SystemClock } from '../system-clock.ts'
import { createLogger } from '../system-logger.ts'
import { textStyles } from '../text-styles.ts'
import { readVersion } from '../version.ts'
import { wantsColour } from '../wants-colour.ts'

interface CheckFlags {
  readonly ref?: string
  readonly output: CheckFormat
  readonly strict?: true
}

export function checkCommand(): Command {
  return new Command('check')
    .description(
      'report every problem of a policy repository with file and line, and run its policy tests',
    )
    .argument('[path]', 'a folder, a file, or the URL of a repository', '.')
    .option('--ref <ref>', 'check a branch, tag or commit instead of the files on disk')
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(CHECK_FORMATS).default('text'),
    )
    .option('--strict', 'let warnings fail the check too')
    .action(check)
}

async function check(target: string, flags: CheckFlags): Promise<void> {
  const interrupt = new AbortController()
  const stop = () => interrupt.abort()
  process.once('SIGINT', stop)
  try {
    const source = await readPolicyFiles({
      target,
      ...(flags.ref === undefined ? {} : { ref: flags.ref }),
      workingDirectory: process.cwd(),
      clock: new SystemClock(),
      log: createLogger({ format: 'text', level: 'warn', stream: process.stderr }),
      signal: interrupt.signal,
    })
    const result = checkPolicies(source)
    const output = printCheck({
      format: flags.output,
      result,
      source,
      styles: textStyles(wantsColour(process.stdout)),
      workingDirectory: process.cwd(),
      toolVersion: readVersion(),
    })
    process.stdout.write(output)
    const failing = result.problems.some(
      ({ severity }) => severity === 'error' || flags.strict === true,
    )
    process.exitCode = failing ? EXIT_CODE.found : EXIT_CODE.ok
  } finally {
    process.off('SIGINT', stop)
  }
}
