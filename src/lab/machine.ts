/** Furnishes the lab's outer namespaces: an empty /run, the programs pods need, a router for their networks. */
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { CLUSTER_IP_RANGE, GATEWAY } from './addresses.ts'
import type { LabPlace } from './enter-lab.ts'
import { type ProgramOptions, runProgram } from './run-program.ts'

/** Everything of the lab lies below this folder, on a tmpfs that ends with its namespaces. */
export const LAB_DIRECTORY = '/run/plumbline'
export const BIN = `${LAB_DIRECTORY}/bin`
export const WORKLOADS = `${LAB_DIRECTORY}/workloads`
/** What a pod sees of its own folder for Envoy. */
export const ENVOY_DIRECTORY = `${LAB_DIRECTORY}/envoy`

export interface MachineSettings {
  readonly envoyPath: string
  readonly nodePath: string
  readonly workloadsDirectory: string
  readonly environment: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
}

export interface Machine {
  readonly place: LabPlace
  readonly environment: NodeJS.ProcessEnv
  /** The program that sends requests from inside a pod. */
  readonly agentPath: string
}

/**
 * Runs in a process that `enterLab` started, once. Programs are bound or copied below /run because a pod's uid may not be able
 * to pass the folders they come from (a home of mode 0700).
 */
export async function furnishMachine(place: LabPlace, settings: MachineSettings): Promise<Machine> {
  const run: ProgramOptions = {
    environment: settings.environment,
    ...(settings.signal && { signal: settings.signal }),
  }
  await runProgram(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run'], run)
  for (const folder of ['/run/netns', '/run/lock', BIN, WORKLOADS, ENVOY_DIRECTORY])
    await mkdir(folder, { recursive: true, mode: 0o755 })
  await bind(settings.envoyPath, join(BIN, 'envoy'), run)
  await bind(settings.nodePath, join(BIN, 'node'), run)
  const agentPath = await copyAgent()
  await cp(settings.workloadsDirectory, WORKLOADS, { recursive: true, dereference: true })
  await runProgram(['chmod', '-R', 'a+rX', WORKLOADS], run)
  await raiseNetwork(run)
  return { place, environment: settings.environment, agentPath }
}

async function bind(from: string, to: string, run: ProgramOptions): Promise<void> {
  await writeFile(to, '')
  await runProgram(['mount', '--bind', from, to], run)
}

/** The agent stands alone, so that one file is enough; its name says that it is a module wherever it lies. */
async function copyAgent(): Promise<string> {
  const extension = extname(import.meta.filename)
  const to = join(BIN, `request-agent.m${extension.slice(1)}`)
  await copyFile(join(import.meta.dirname, `request-agent-program${extension}`), to)
  return to
}

/**
 * A router, not a switch: each pod has a link of its own and reaches the others through this network only, whose connection table
 * thus sees both directions, as the translation of ClusterIPs needs (and no br_netfilter of the host bends it). So no pod may be
 * told of a shorter way (redirects).
 */
async function raiseNetwork(run: ProgramOptions): Promise<void> {
  await closeIpv6('default')
  await setSysctl('ipv4/conf/default/send_redirects', '0')
  await setSysctl('ipv4/conf/all/send_redirects', '0')
  await setSysctl('ipv4/ip_forward', '1')
  const commands = [
    'link set lo up',
    `addr add ${GATEWAY}/32 dev lo`,
    // Lets this network itself call a ClusterIP: translation happens after a route was found.
    `route add ${CLUSTER_IP_RANGE} dev lo`,
  ]
  await runProgram(['ip', '-batch', '-'], { ...run, input: commands.join('\n') })
}

async function setSysctl(path: string, value: string): Promise<void> {
  await writeFile(join('/proc/sys/net', path), value)
}

/** Interception speaks IPv4: a link-local IPv6 address would be a way around it. A kernel without IPv6 needs no closing. */
async function closeIpv6(device: string): Promise<void> {
  try {
    await setSysctl(`ipv6/conf/${device}/disable_ipv6`, '1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
