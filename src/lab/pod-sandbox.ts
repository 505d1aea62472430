/** A pod's namespaces: its network, its view of the files, its host name; held open by one small process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { GATEWAY } from './addresses.ts'
import { LabError } from './lab-error.ts'
import { sandboxArgv } from './lab-processes.ts'
import { LAB_DIRECTORY, type Machine } from './machine.ts'
import { runProgram } from './run-program.ts'

/**
 * Covers /run, so that a pod sees its own Envoy folder and no other pod's, and gives it a private /tmp and /dev/shm.
 * The shell stays, and its arguments tell `plumb lab exec` which pod this is.
 */
const SCRIPT = `set -e
stage=$3
mount -t tmpfs -o mode=755 tmpfs "$stage/run"
mkdir -p "$stage/run/plumbline/bin" "$stage/run/plumbline/workloads" "$stage/run/plumbline/envoy"
mount --rbind /run/plumbline/bin "$stage/run/plumbline/bin"
mount --bind /run/plumbline/workloads "$stage/run/plumbline/workloads"
mount --bind "$stage/envoy" "$stage/run/plumbline/envoy"
mount --bind "$stage/hosts" /etc/hosts
if [ -e /etc/resolv.conf ]; then mount --bind "$stage/resolv.conf" /etc/resolv.conf; fi
mount --rbind "$stage/run" /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
if command -v hostname > /dev/null; then hostname "$4"; fi
if [ -e /proc/sys/net/ipv6 ]; then echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; fi
echo ready
sleep infinity & wait`

export interface SandboxSettings {
  readonly namespace: string
  readonly name: string
  readonly address: string
  /** Counts pods: names the lab's end of the pod's link. */
  readonly ordinal: number
  /** The uid its containers run under. */
  readonly user: number
  /** Who may read the Envoy folder. */
  readonly envoyUser: number
}

export class PodSandbox {
  readonly pid: number
  readonly #settings: SandboxSettings
  readonly #process: ChildProcess
  readonly #machine: Machine
  readonly #stage: string

  private constructor(settings: SandboxSettings, held: ChildProcess, machine: Machine) {
    this.#settings = settings
    this.#process = held
    this.#machine = machine
    this.#stage = stageDirectory(settings)
    this.pid = held.pid ?? 0
  }

  /** Resolves when the pod's network is up. Throws `LabError`. */
  static async open(machine: Machine, settings: SandboxSettings): Promise<PodSandbox> {
    await makeStage(settings)
    const held = await hold(machine, settings)
    const sandbox = new PodSandbox(settings, held, machine)
    await sandbox.#connect()
    return sandbox
  }

  /** Below it the lab writes what the pod's Envoy reads. */
  get envoyDirectory(): string {
    return join(this.#stage, 'envoy')
  }

  /** Puts `text` in place of the pod's hosts file: in place, because a bind mount holds on to the file itself. */
  async writeHosts(hosts: string): Promise<void> {
    const file = await open(join(this.#stage, 'hosts'), 'r+')
    try {
      const bytes = Buffer.from(hosts)
      await file.write(bytes, 0, bytes.length, 0)
      await file.truncate(bytes.length)
    } finally {
      await file.close()
    }
  }

  /** Loads rules into the pod's own network. */
  async loadRules(rules: string, signal?: AbortSignal): Promise<void> {
    const argv = [...this.enterNetwork(), 'iptables-restore', '--noflush']
    const environment = this.#machine.environment
    await runProgram(argv, { environment, input: rules, ...(signal && { signal }) })
  }

  /** What runs a program in the pod's network, with the lab's view of the files. */
  enterNetwork(): readonly string[] {
    return ['nsenter', '--target', `${this.pid}`, '--net', '--']
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = once(this.#process, 'exit')
      process.kill(-this.pid, 'SIGKILL')
      await gone
    }
    await rm(this.#stage, { recursive: true, force: true })
  }

  async #connect(): Promise<void> {
    const { address, ordinal } = this.#settings
    const environment = this.#machine.environment
    const link = `pod${ordinal}`
    const outside = [
      `link add ${link} type veth peer name eth0 netns ${this.pid}`,
      `link set ${link} up`,
      `route add ${address} dev ${link} src ${GATEWAY}`,
    ]
    const inside = [
      'link set lo up',
      `addr add ${address}/32 dev eth0`,
      'link set eth0 up',
      `route add ${GATEWAY} dev eth0 scope link`,
      `route add default via ${GATEWAY}`,
    ]
    await runProgram(['ip', '-batch', '-'], { environment, input: outside.join('\n') })
    const argv = [...this.enterNetwork(), 'ip', '-batch', '-']
    await runProgram(argv, { environment, input: inside.join('\n') })
  }
}

function stageDirectory({ namespace, name }: SandboxSettings): string {
  // A namespace has no dot in it, so the two parts cannot run together.
  return join(LAB_DIRECTORY, 'pods', `${namespace}.${name}`)
}

async function makeStage(settings: SandboxSettings): Promise<void> {
  const stage = stageDirectory(settings)
  const envoy = join(stage, 'envoy')
  await mkdir(join(stage, 'run'), { recursive: true })
  await mkdir(envoy, { recursive: true })
  await chmod(envoy, 0o700)
  await chown(envoy, settings.envoyUser, settings.envoyUser)
  await writeFile(join(stage, 'hosts'), '127.0.0.1 localhost\n')
  // No name server: a name that the hosts file lacks is refused at once by this pod itself.
  await writeFile(join(stage, 'resolv.conf'), 'nameserver 127.0.0.1\n')
}

async function hold(machine: Machine, settings: SandboxSettings): Promise<ChildProcess> {
  const stage = stageDirectory(settings)
  const [program = '', ...args] = sandboxArgv(SCRIPT, {
    lab: machine.place.name,
    pod: `${settings.namespace}/${settings.name}`,
    stage,
    hostname: settings.name,
    user: settings.user,
  })
  const child = spawn(program, args, {
    env: machine.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const complaint = text(child.stderr)
  for await (const line of createInterface(child.stdout)) if (line === 'ready') return child
  throw new LabError(
    'ProgramFailed',
    `the namespaces of pod ${settings.namespace}/${settings.name} could not be made: ${(await complaint).trim()}`,
  )
}
