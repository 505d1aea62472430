/** `plumb lab`: a mesh on one Linux machine, governed by a running `plumb run`. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { GATEWAY } from '../../lab/addresses.ts'
import { enterLab, type LabPlace, labPlace } from '../../lab/enter-lab.ts'
import { execInPod } from '../../lab/exec-in-pod.ts'
import type { Lab } from '../../lab/lab.ts'
import { findPods } from '../../lab/lab-processes.ts'
import { openLab } from '../../lab/open-lab.ts'
import { prepareLab } from '../../lab/prepare-lab.ts'
import { withSystemPath } from '../../lab/prerequisites.ts'
import { offerConnections } from '../../lab/relay.ts'
import { UsageError } from '../exit-code.ts'
import { controlPlaneOverSocket } from '../lab/control-plane-over-socket.ts'
import { defaultDataDirectory, socketPath } from '../run/run-options.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'
import { SystemClock } from '../system-clock.ts'
import { SystemEntropy } from '../system-entropy.ts'
import { createLogger } from '../system-logger.ts'

const DESCRIPTION = `Runs the Deployments of a folder as pods on this Linux machine, without Kubernetes: each pod has a network of its own, and a
real Envoy where its namespace is enrolled. The control plane is a plumb run on the same machine; it may come and go.

Everything lives in network and mount namespaces that vanish with this command; the host's network is not touched. As root they are
made directly, otherwise in a user namespace. Programs that are missing are installed (as root on Debian or Ubuntu) or named.`

const EXAMPLE = fileURLToPath(new URL('../../../policies-example/workloads', import.meta.url))

interface LabFlags {
  readonly workloads: string
  readonly data?: string
  readonly socket?: string
  readonly xdsPort: number
  readonly logFormat: 'text' | 'json'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export function labCommand(): Command {
  return new Command('lab')
    .summary('a mesh on one Linux machine, with real Envoys')
    .description(DESCRIPTION)
    .option('--workloads <folder>', 'manifests to run (default: the bookstore)', EXAMPLE)
    .option('--data <folder>', "plumb run's data directory, which holds its socket")
    .option('--socket <path>', "plumb run's socket, in place of --data")
    .option('--xds-port <port>', 'where plumb run serves proxies on 127.0.0.1', parsePort, 15_128)
    .addOption(new Option('--log-format <format>').choices(['text', 'json']).default('text'))
    .addOption(
      new Option('--log-level <level>', 'debug shows what pods print')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .action(async (flags: LabFlags) => {
      const place = labPlace(process.env)
      if (place === undefined) process.exitCode = await startOutside(flags)
      else await runInside(place, flags)
    })
    .addCommand(execCommand())
    .addCommand(podsCommand())
}

function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new UsageError(`--xds-port is ${JSON.stringify(text)}; use a port, as in 15128`)
}

function execCommand(): Command {
  return new Command('exec')
    .description('run a command in a pod of a running lab, as the pod’s user')
    .argument('<pod>', 'NAMESPACE/POD, or NAMESPACE/DEPLOYMENT')
    .argument('<command...>', 'as in: -- curl -s http://bookstore.bookstore:14001/books-bought')
    .option('--lab <name>', 'where several labs run')
    .action(async (pod: string, argv: readonly string[], { lab }: { readonly lab?: string }) => {
      const environment = withSystemPath(process.env)
      process.exitCode = await execInPod({
        pod,
        argv,
        environment,
        ...(lab !== undefined && { lab }),
      })
    })
}

function podsCommand(): Command {
  return new Command('pods').description('list the pods of running labs').action(async () => {
    for (const { lab, pod } of await findPods()) process.stdout.write(`${lab}  ${pod}\n`)
  })
}

/** In the host's network: prepares, enters, and relays the Envoys' connections to the control plane. */
async function startOutside(flags: LabFlags): Promise<number> {
  const socket = labSocket(flags)
  if (!existsSync(socket))
    throw new UsageError(
      `there is no control plane at ${socket}; start one with plumb run, or name its folder with --data`,
    )
  const progress = (line: string) => process.stderr.write(`${line}\n`)
  const { isolation, environment } = await prepareLab({ environment: process.env, progress })
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const relayTo = { host: '127.0.0.1', port: flags.xdsPort }
  return await enterLab({ isolation, argv, environment, relayTo })
}

async function runInside(place: LabPlace, flags: LabFlags): Promise<void> {
  const end = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end.abort())
  const clock = new SystemClock()
  const { logFormat: format, logLevel: level } = flags
  const log = createLogger({ format, level, stream: process.stderr, clock })
  const lab = await openLab({
    ...{ place, clock, log, entropy: new SystemEntropy(), environment: process.env },
    workloadsDirectory: resolve(flags.workloads),
    controlPlane: controlPlaneOverSocket(labSocket(flags), clock),
    controlNamespace: CONTROL_NAMESPACE,
    signal: end.signal,
  })
  await offerConnections({ host: GATEWAY, port: flags.xdsPort }, end.signal)
  const running = lab.run(end.signal)
  await Promise.race([
    running,
    lab.ready(end.signal).then(
      () => tellPods(lab, place),
      () => {},
    ),
  ])
  await running
}

function tellPods(lab: Lab, place: LabPlace): void {
  for (const { namespace, name, address, proxyUid } of lab.pods) {
    const sidecar = proxyUid === undefined ? 'no sidecar' : `proxy ${proxyUid}`
    process.stdout.write(`${`${namespace}/${name}`.padEnd(36)} ${address.padEnd(14)} ${sidecar}\n`)
  }
  process.stdout.write(
    `${place.name} is ready; try: plumb lab exec NAMESPACE/POD -- curl -s http://SERVICE.NAMESPACE:PORT/\n`,
  )
}

/** The lab covers /run with its own, so a socket there would be out of its sight. */
function labSocket(flags: LabFlags): string {
  const path = resolve(
    flags.socket ?? socketPath(resolve(flags.data ?? defaultDataDirectory(process.env))),
  )
  if (path.startsWith('/run/'))
    throw new UsageError(
      `the lab cannot see ${path}, as it has a /run of its own; give plumb run a --data folder elsewhere`,
    )
  return path
}
