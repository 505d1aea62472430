/** One pod: its namespaces, its containers, its Envoy, and whether it is ready. */
import { readFile } from 'node:fs/promises'
import { BOOTSTRAP_FILE, type BootstrapFile } from '../injector/bootstrap-files.ts'
import type { InterceptionScope } from '../injector/interception-annotations.ts'
import { interceptionRules, printInterceptionRules } from '../injector/interception-rules.ts'
import { Container, type ContainerPorts } from './container.ts'
import { writeEnvoyFiles } from './envoy-files.ts'
import { listeningPorts } from './listening-ports.ts'
import { BIN, ENVOY_DIRECTORY, type Machine, WORKLOADS } from './machine.ts'
import { markBootstrap } from './mark-bootstrap.ts'
import { ENVOY_MARK, ENVOY_USER, envoyArgv, type PodProgram, workloadArgv } from './pod-argv.ts'
import { PodSandbox } from './pod-sandbox.ts'
import { type PodState, podKey } from './pod-state.ts'
import { type PodRequest, RequestAgent, type RequestOutcome } from './request-agent.ts'
import type { WorkloadContainer, WorkloadPod } from './workloads/workloads.ts'

/** The first uid of workloads that name none: far from those of people and of system services. */
const FIRST_USER = 10_001

export interface PodSettings {
  readonly workload: WorkloadPod
  readonly ordinal: number
  readonly address: string
}

export class Pod {
  readonly workload: WorkloadPod
  readonly address: string
  readonly #machine: Machine
  readonly #ports: ContainerPorts
  readonly #sandbox: PodSandbox
  readonly #user: number
  #containers: readonly Container[] = []
  #proxyUid: string | undefined
  #ready = false
  #agent: RequestAgent | undefined

  private constructor(parts: {
    readonly machine: Machine
    readonly settings: PodSettings
    readonly sandbox: PodSandbox
    readonly user: number
    readonly ports: ContainerPorts
  }) {
    this.workload = parts.settings.workload
    this.address = parts.settings.address
    this.#machine = parts.machine
    this.#sandbox = parts.sandbox
    this.#user = parts.user
    this.#ports = parts.ports
  }

  /** Resolves when the pod has its network; nothing runs in it yet. */
  static async open(machine: Machine, settings: PodSettings, ports: ContainerPorts): Promise<Pod> {
    const { workload, ordinal, address } = settings
    const { namespace, name, containers } = workload
    const user = FIRST_USER + ordinal
    const single = machine.place.isolation === 'user-single'
    const sandbox = await PodSandbox.open(machine, {
      ...{ namespace, name, address, ordinal, envoyUser: envoyUserOf(machine) },
      user: single ? 0 : (containers[0]?.runAsUser ?? user),
    })
    return new Pod({ machine, settings, sandbox, user, ports })
  }

  get key(): string {
    return podKey(this.workload)
  }

  get state(): PodState {
    const { workload, address } = this
    const proxyUid = this.#proxyUid
    return { workload, address, ready: this.#ready, ...(proxyUid && { proxyUid }) }
  }

  /** Decided before the pod is announced: the label in the cluster and the certificate both carry it. */
  giveSidecar(proxyUid: string): void {
    this.#proxyUid = proxyUid
  }

  /** Redirects the pod's traffic and starts its Envoy. */
  async startEnvoy(files: readonly BootstrapFile[], settings: InterceptionScope): Promise<void> {
    await this.writeEnvoyFiles(files)
    const proxy = this.#singleUser
      ? ({ type: 'mark', mark: ENVOY_MARK } as const)
      : ({ type: 'uid', uid: ENVOY_USER } as const)
    await this.#sandbox.loadRules(printInterceptionRules(interceptionRules({ ...settings, proxy })))
    const flags = ['--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning']
    const argv = ['envoy', '--config-path', `${ENVOY_DIRECTORY}/${BOOTSTRAP_FILE}`, ...flags]
    const program = this.#program({ user: ENVOY_USER, directory: '/', argv })
    this.#start('envoy', envoyArgv(program), {})
  }

  /** Envoy picks them up by itself: it watches the folder. */
  async writeEnvoyFiles(files: readonly BootstrapFile[]): Promise<void> {
    const suited = this.#singleUser ? markBootstrap(files, ENVOY_MARK) : files
    await writeEnvoyFiles(this.#sandbox.envoyDirectory, suited, envoyUserOf(this.#machine))
  }

  startContainers(): void {
    for (const container of this.workload.containers) this.#startContainer(container)
  }

  async writeHosts(hosts: string): Promise<void> {
    await this.#sandbox.writeHosts(hosts)
  }

  /**
   * Looks whether every program runs and something listens on every TCP port that the containers declare.
   * `true` when that changed since the last look.
   */
  async lookWhetherReady(): Promise<boolean> {
    const before = this.#ready
    this.#ready = this.#runs() && (await this.#listens())
    return this.#ready !== before
  }

  async request(request: PodRequest): Promise<RequestOutcome> {
    if (!this.#agent?.alive) this.#agent = this.#startAgent()
    return await this.#agent.send(request)
  }

  async close(): Promise<void> {
    await Promise.all(this.#containers.map((container) => container.stop()))
    await this.#agent?.close()
    await this.#sandbox.close()
  }

  get #singleUser(): boolean {
    return this.#machine.place.isolation === 'user-single'
  }

  #runs(): boolean {
    const containers = this.#containers
    return containers.length > 0 && containers.every((container) => container.pid !== undefined)
  }

  async #listens(): Promise<boolean> {
    const declared = this.workload.containers
      .flatMap((container) => container.ports)
      .filter((port) => port.protocol === 'TCP')
    if (declared.length === 0) return true
    const tables = ['tcp', 'tcp6'].map((table) =>
      readFile(`/proc/${this.#sandbox.pid}/net/${table}`, 'utf8').catch(() => ''),
    )
    const [four = '', six = ''] = await Promise.all(tables)
    const listening = [listeningPorts(four), listeningPorts(six)]
    return declared.every(({ port }) => listening.some((ports) => ports.has(port)))
  }

  #startContainer({ name, argv, directory, runAsUser, environment }: WorkloadContainer): void {
    const program = this.#program({ user: runAsUser ?? this.#user, directory, argv })
    this.#start(name, workloadArgv(program), environment)
  }

  #start(
    name: string,
    argv: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): void {
    const settings = {
      pod: this.key,
      name,
      argv,
      environment: { ...this.#environment(), ...environment },
    }
    this.#containers = [...this.#containers, new Container(settings, this.#ports)]
  }

  #program(program: Pick<PodProgram, 'user' | 'directory' | 'argv'>): PodProgram {
    const { user, ...rest } = program
    return { ...rest, user: this.#singleUser ? 0 : user, pid: this.#sandbox.pid }
  }

  /** Nothing of the environment that Plumbline was started in reaches a workload: it may hold credentials. */
  #environment(): NodeJS.ProcessEnv {
    const path = `${BIN}:${this.#machine.environment['PATH'] ?? ''}`
    return { PATH: path, HOME: '/tmp', HOSTNAME: this.workload.name, PWD: WORKLOADS }
  }

  /** Unlike a workload it keeps the lab's own rights: it reads a file of the lab, and is the lab's own code. */
  #startAgent(): RequestAgent {
    const spaces = ['--net', '--mount', '--uts', '--ipc', '--']
    const enter = ['nsenter', '--target', `${this.#sandbox.pid}`, ...spaces]
    const argv = [...enter, `${BIN}/node`, this.#machine.agentPath]
    return new RequestAgent(argv, this.#environment())
  }
}

function envoyUserOf(machine: Machine): number {
  return machine.place.isolation === 'user-single' ? 0 : ENVOY_USER
}
