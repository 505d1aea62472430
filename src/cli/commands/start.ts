/** `plumb start`: the main job on one machine, from a commit to real Envoys that enforce it. */
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { enterLab, type LabPlace, labPlace } from '../../lab/enter-lab.ts'
import { prepareLab } from '../../lab/prepare-lab.ts'
import { whenAborted } from '../../model/when-aborted.ts'
import { EXIT_CODE } from '../exit-code.ts'
import { printStep } from '../start/print-report.ts'
import { type Running, runStart } from '../start/run-start.ts'
import { createLogger } from '../system-logger.ts'
import { textStyles } from '../text-styles.ts'
import { wantsColour } from '../wants-colour.ts'

const EXAMPLE = fileURLToPath(new URL('../../../policies-example', import.meta.url))

/** Carries the version of the Envoy that was found into the lab. */
const ENVOY_VERSION = 'PLUMBLINE_ENVOY_VERSION'

const DESCRIPTION = `Copies the example policies into a fresh git repository, follows it with plumb run, and runs the bookstore in a lab of real Envoys.
Then it asks: who is allowed, who is denied; what a commit changes, and how soon every Envoy has ACKed it; what a broken commit
changes, and what an edit in the cluster does (nothing, both). Exit status 0 only if every answer was as expected.`

interface StartFlags {
  readonly exit?: true
  readonly json?: true
}

export function startCommand(): Command {
  return new Command('start')
    .summary('the main job on one machine: a repository, the control plane, and real Envoys')
    .description(DESCRIPTION)
    .option('--exit', 'end when the questions are answered, instead of leaving the system up')
    .option('--json', 'print one JSON document')
    .action(async (flags: StartFlags) => {
      const place = labPlace(process.env)
      process.exitCode =
        place === undefined ? await startOutside() : await startInside(place, flags)
    })
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function startOutside(): Promise<number> {
  const prepared = await prepareLab({ environment: process.env, progress })
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const environment = { ...prepared.environment, [ENVOY_VERSION]: prepared.envoyVersion }
  return await enterLab({ isolation: prepared.isolation, argv, environment })
}

async function startInside(place: LabPlace, flags: StartFlags): Promise<number> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort())
  const envoy = process.env[ENVOY_VERSION] ?? 'unknown'
  progress(`Envoy ${envoy}, isolation: ${place.isolation}`)
  const styles = textStyles(wantsColour(process.stdout))
  const running = await runStart({
    ...{ place, example: EXAMPLE, environment: process.env, progress, signal: stop.signal },
    log: createLogger({ format: 'text', level: 'warn', stream: process.stderr }),
    onStep: (step) => {
      if (flags.json !== true) process.stdout.write(printStep(step, styles))
    },
  })
  const { report } = running
  if (flags.json === true)
    process.stdout.write(`${JSON.stringify({ ...report, envoy }, null, 2)}\n`)
  else process.stdout.write(printVerdict(report.ok, report.elapsedMs))
  if (flags.exit !== true) await stayUp(running, stop.signal)
  await running.close()
  return report.ok ? EXIT_CODE.ok : EXIT_CODE.found
}

function printVerdict(ok: boolean, elapsedMs: number): string {
  const verdict = ok ? 'every answer was as expected' : 'some answers were NOT as expected'
  return `\n${verdict} (${(elapsedMs / 1000).toFixed(1)} s)\n`
}

async function stayUp({ lab, directory }: Running, signal: AbortSignal): Promise<void> {
  const pods = lab.pods.map(
    ({ namespace, name, address }) => `  ${`${namespace}/${name}`.padEnd(32)} ${address}`,
  )
  process.stdout.write(`
the system stays up; its network is its own, so go in from another terminal:
${pods.join('\n')}
  plumb lab exec bookbuyer/bookbuyer -- curl -s http://bookstore.bookstore:14001/books-bought
  the repository, the data directory and the control plane's log are in ${directory} (inside the lab)
Ctrl-C ends it and leaves nothing behind
`)
  await whenAborted(signal)
}
