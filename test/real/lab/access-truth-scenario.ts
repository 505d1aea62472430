/**
 * Run by access-truth.test.ts and by the benchmark of that name, as a program of its own: enters the lab, commits one random policy
 * after the other, and once its Envoys have ACKed each puts random requests to them. The last line of its output is what it found.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ControlPlaneClient } from '../../../src/cli/control-plane-client.ts'
import { controlPlaneOverSocket } from '../../../src/cli/lab/control-plane-over-socket.ts'
import { socketPath } from '../../../src/cli/run/run-options.ts'
import { CONTROL_NAMESPACE } from '../../../src/cli/run/serving/control-plane-identity.ts'
import { ControlPlaneProcess } from '../../../src/cli/start/control-plane-process.ts'
import { ExampleRepository } from '../../../src/cli/start/example-repository.ts'
import { SystemClock } from '../../../src/cli/system-clock.ts'
import { SystemEntropy } from '../../../src/cli/system-entropy.ts'
import { createLogger } from '../../../src/cli/system-logger.ts'
import { GATEWAY } from '../../../src/lab/addresses.ts'
import { enterLab, type LabPlace, labPlace } from '../../../src/lab/enter-lab.ts'
import type { Lab } from '../../../src/lab/lab.ts'
import { LAB_DIRECTORY } from '../../../src/lab/machine.ts'
import { openLab } from '../../../src/lab/open-lab.ts'
import { prepareLab } from '../../../src/lab/prepare-lab.ts'
import { randomPolicies } from '../../support/random-policies.ts'
import { accessOf, hostOf, judge } from './truth-judge.ts'
import { writeTruthWorkloads } from './truth-workloads.ts'

/** What the program prints. */
export interface TruthReport {
  /** Policies that were enforced and asked about; fewer than were wanted when time was up. */
  readonly policies: number
  readonly allowed: number
  readonly denied: number
  /** Requests to a service of two accounts of which one is allowed. */
  readonly either: number
  /** Requests whose first answer was not the relation's. */
  readonly askedTwice: number
  /** Those whose second was not, either. */
  readonly mismatches: readonly string[]
}

const [seed = 1, policies = 4, requests = 30, budgetMs = 60_000] = process.argv.slice(2).map(Number)
const SETTLE_MS = 20_000
/** Policies share nothing, so most objects of one are pruned by the next. */
const ALLOWANCE = 'Plumbline-Allow-Prune: 1000'

async function inside(place: LabPlace): Promise<TruthReport> {
  const clock = new SystemClock()
  const log = createLogger({ format: 'text', level: 'error', stream: process.stderr })
  const directory = join(LAB_DIRECTORY, 'truth')
  const data = join(directory, 'data')
  // The lab's own folder is covered by a fresh one when the lab opens, so the workloads come from outside.
  const workloadsDirectory = await mkdtemp(join(tmpdir(), 'plumbline-truth-'))
  const environment = process.env
  const end = new AbortController()
  await writeTruthWorkloads(workloadsDirectory)
  const lab = await openLab({
    ...{ place, environment, log, clock, entropy: new SystemEntropy(), workloadsDirectory },
    controlPlane: controlPlaneOverSocket(socketPath(data), clock),
    controlNamespace: CONTROL_NAMESPACE,
    signal: end.signal,
  })
  await rm(workloadsDirectory, { recursive: true })
  await mkdir(data, { recursive: true, mode: 0o700 })
  const worlds = randomPolicies({ seed, policies, requests })
  const empty = join(directory, 'empty')
  await mkdir(empty)
  const repository = await ExampleRepository.create({
    policies: empty,
    directory: join(directory, 'repository'),
  })
  await repository.change('The first policy', { 'policies.yaml': worlds[0]?.text ?? '' })
  const program = new ControlPlaneProcess({
    flags: [
      ...['--repository', repository.directory, '--data', data],
      ...['--xds-listen', `${GATEWAY}:15128`, '--http-listen', '127.0.0.1:9091'],
    ],
    logFile: join(directory, 'control-plane.log'),
    environment,
  })
  const client = new ControlPlaneClient(socketPath(data))
  const running = lab.run(end.signal)
  try {
    await program.ready(client, clock, end.signal)
    await Promise.race([lab.ready(AbortSignal.timeout(SETTLE_MS)), running])
    return await putQuestions({ lab, client, repository, worlds, clock })
  } finally {
    end.abort()
    await running
    await program.stop()
  }
}

async function putQuestions(tools: {
  readonly lab: Lab
  readonly client: ControlPlaneClient
  readonly repository: ExampleRepository
  readonly worlds: ReturnType<typeof randomPolicies>
  readonly clock: SystemClock
}): Promise<TruthReport> {
  const { lab, client, repository, worlds, clock } = tools
  const deadline = clock.monotonic() + budgetMs
  const counts = { allowed: 0, denied: 0, either: 0, askedTwice: 0 }
  const mismatches: string[] = []
  let asked = 0
  for (const [index, world] of worlds.entries()) {
    if (clock.monotonic() > deadline) break
    const text = `# ${index}\n${world.text}`
    const sha = await repository.change(`Policy ${index}\n\n${ALLOWANCE}`, {
      'policies.yaml': text,
    })
    const signal = AbortSignal.timeout(SETTLE_MS)
    await client.reconcile(signal)
    const record = await client.commit(sha, SETTLE_MS, signal)
    if (record.state !== 'enforced')
      throw new Error(`policy ${index} is ${record.state}: ${record.reason}\n${text}`)
    const context = accessOf(world.text)
    await Promise.all(
      world.requests.map(async (request) => {
        const { from, method, path, headers } = request
        const url = `http://${hostOf(request)}${path}`
        const send = () => lab.request(from, { url, method, headers })
        const first = judge(request, await send(), context)
        // A pooled connection that the change before has drained fails once, whatever the rules say; a rule denies twice.
        if (first.mismatch !== undefined) counts.askedTwice++
        const { expected, mismatch } =
          first.mismatch === undefined ? first : judge(request, await send(), context)
        counts[expected]++
        if (mismatch !== undefined) mismatches.push(`${mismatch}\n${world.text}`)
      }),
    )
    asked++
  }
  return { policies: asked, ...counts, mismatches }
}

const place = labPlace(process.env)
if (place) {
  process.stdout.write(`${JSON.stringify(await inside(place))}\n`)
  process.exit(0)
} else {
  const progress = (line: string) => process.stderr.write(`${line}\n`)
  const { isolation, environment } = await prepareLab({ environment: process.env, progress })
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  process.exit(await enterLab({ isolation, environment, argv }))
}
