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
  readonly mutate?: true
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
    .option(
      '--mutate',
      'drop and widen each rule in turn, and report what no policy test would notice',
    )
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
    const result = checkPolicies(source, flags.mutate ? { mutate: mutationProgress() } : {})
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
      ({ severity, code }) => severity === 'error' || flags.strict === true || code === 'PLB0702',
    )
    process.exitCode = failing ? EXIT_CODE.found : EXIT_CODE.ok
  } finally {
    process.off('SIGINT', stop)
  }
}

const PROGRESS_EVERY_MS = 2000

/** A line now and then while mutants are tried; none where it is soon over. */
function mutationProgress(): (done: number, of: number) => void {
  const clock = new SystemClock()
  let told = clock.monotonic()
  return (done, of) => {
    if (clock.monotonic() - told < PROGRESS_EVERY_MS) return
    told = clock.monotonic()
    process.stderr.write(`trying changed rules: ${done} of ${of} TrafficTargets\n`)
  }
}
