/** A Kubernetes control plane for one suite: etcd, kube-apiserver and three controllers on free ports of the loopback. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProgramResult, tryProgram } from '../../../src/lab/run-program.ts'
import { clientCertificate } from './client-certificate.ts'
import { type KubeProgram, type KubePrograms, kubePrograms } from './kube-programs.ts'
import { serviceAccountKeys } from './service-account-keys.ts'

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 10_000

/** What the suites need: endpoints of services, namespaces that go when they are deleted, and what they owned. */
const CONTROLLERS = ['namespace', 'garbage-collector', 'endpointslice'].map(
  (name) => `${name}-controller`,
)

interface Ports {
  readonly etcd: number
  readonly peer: number
  readonly apiserver: number
  readonly controllers: number
}

/** Names without the dashes. */
type Flags = Readonly<Record<string, string>>

interface RunningProgram {
  readonly name: KubeProgram
  readonly flags: Flags
  readonly child: ChildProcess
}

export class KubeControlPlane {
  readonly #folder: string
  readonly #programs: KubePrograms
  readonly #ports: Ports
  readonly #token = randomBytes(24).toString('hex')
  readonly #client = clientCertificate('admin', 'system:masters')
  readonly #running: RunningProgram[] = []

  /** Resolves when the API server is ready. Rejects with the last lines of whatever would not start. `apiServer`: more flags for it. */
  static async start(apiServer: Flags = {}): Promise<KubeControlPlane> {
    const programs = await kubePrograms((line) => console.log(line))
    const folder = await mkdtemp(join(tmpdir(), 'plumbline-kube-'))
    const [etcd, peer, apiserver, controllers] = await freePorts(4)
    const ports = { etcd, peer, apiserver, controllers } as Ports
    const plane = new KubeControlPlane(folder, programs, ports)
    try {
      await plane.#start(apiServer)
      return plane
    } catch (error) {
      await plane.stop()
      throw error
    }
  }

  private constructor(folder: string, programs: KubePrograms, ports: Ports) {
    this.#folder = folder
    this.#programs = programs
    this.#ports = ports
  }

  /** A kubeconfig of the cluster's administrator, who has a token in the context `token` and a certificate in `certificate`. */
  get kubeconfig(): string {
    return join(this.#folder, 'admin.kubeconfig')
  }

  get server(): string {
    return `https://127.0.0.1:${this.#ports.apiserver}`
  }

  /** What the kubectl of the server's own version prints. Rejects with what it says when it fails. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const { status, stdout, stderr } = await this.tryKubectl(args, input)
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }

  /** The same; resolves whatever the exit status. */
  async tryKubectl(
    args: readonly string[],
    input?: string,
    more: NodeJS.ProcessEnv = {},
  ): Promise<ProgramResult> {
    return await tryProgram([...this.#programs.kubectl, ...args], {
      environment: { ...process.env, ...more, KUBECONFIG: this.kubeconfig, HOME: this.#folder },
      ...(input !== undefined && { input }),
    })
  }

  /** Kills the API server and starts it again: what it remembered of the past is gone. Resolves when it is ready. */
  async restartApiServer(): Promise<void> {
    const killed = this.#running.findIndex(({ name }) => name === 'kube-apiserver')
    const [old] = this.#running.splice(killed, 1)
    if (old === undefined) throw new Error('no API server runs')
    const exited = once(old.child, 'exit')
    old.child.kill('SIGKILL')
    await exited
    this.#run(old.name, old.flags)
    await this.#untilReady()
  }

  async stop(): Promise<void> {
    for (const { child } of this.#running.toReversed()) await end(child)
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #start(apiServer: Flags): Promise<void> {
    const { etcd, peer, apiserver, controllers } = this.#ports
    const inFolder = (name: string) => join(this.#folder, name)
    const keys = serviceAccountKeys()
    await mkdir(inFolder('certificates'))
    await writeFile(inFolder('accounts.key'), keys.privatePem)
    await writeFile(inFolder('accounts.pub'), keys.publicPem)
    await writeFile(inFolder('clients.crt'), this.#client.authorityPem)
    await writeFile(inFolder('tokens.csv'), `${this.#token},admin,admin,"system:masters"\n`)
    this.#run('etcd', {
      'data-dir': inFolder('etcd'),
      name: 'default',
      'listen-client-urls': `http://127.0.0.1:${etcd}`,
      'advertise-client-urls': `http://127.0.0.1:${etcd}`,
      'listen-peer-urls': `http://127.0.0.1:${peer}`,
      'initial-advertise-peer-urls': `http://127.0.0.1:${peer}`,
      'initial-cluster': `default=http://127.0.0.1:${peer}`,
      'unsafe-no-fsync': 'true',
      'log-level': 'warn',
    })
    this.#run('kube-apiserver', {
      'etcd-servers': `http://127.0.0.1:${etcd}`,
      'bind-address': '127.0.0.1',
      'advertise-address': '127.0.0.1',
      'secure-port': `${apiserver}`,
      // It signs a certificate for itself here, which the kubeconfig then names as its authority.
      'cert-dir': inFolder('certificates'),
      'service-cluster-ip-range': '198.19.0.0/24',
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': inFolder('accounts.pub'),
      'service-account-signing-key-file': inFolder('accounts.key'),
      'token-auth-file': inFolder('tokens.csv'),
      'client-ca-file': inFolder('clients.crt'),
      'authorization-mode': 'RBAC',
      'endpoint-reconciler-type': 'none',
      // No controller makes the account "default" here, which pods would have to wait for.
      'disable-admission-plugins': 'ServiceAccount',
      ...apiServer,
    })
    await this.#untilReady()
    await writeFile(this.kubeconfig, await this.#kubeconfig())
    this.#run('kube-controller-manager', {
      kubeconfig: this.kubeconfig,
      'secure-port': `${controllers}`,
      'bind-address': '127.0.0.1',
      'cert-dir': inFolder('certificates'),
      'leader-elect': 'false',
      controllers: CONTROLLERS.join(','),
    })
  }

  #run(name: KubeProgram, flags: Flags): void {
    const [program = '', ...first] = this.#programs[name]
    const rest = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)
    const child = spawn(program, [...first, ...rest], { stdio: ['ignore', 'pipe', 'pipe'] })
    const log = createWriteStream(this.#logOf(name), { flags: 'a' })
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    this.#running.push({ name, flags, child })
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + START_LIMIT_MS
    while (!(await this.#isReady())) {
      const dead = this.#running.find(({ child }) => child.exitCode !== null)
      if (dead !== undefined || performance.now() > deadline)
        throw new Error(await this.#lastWords(dead?.name ?? 'kube-apiserver'))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async #isReady(): Promise<boolean> {
    return await new Promise((resolve) => {
      const headers = { authorization: `Bearer ${this.#token}` }
      const options = { headers, rejectUnauthorized: false, timeout: 2_000 }
      const asked = request(`${this.server}/readyz`, options, (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      })
      asked.on('timeout', () => asked.destroy())
      asked.on('error', () => resolve(false))
      asked.end()
    })
  }

  async #lastWords(name: KubeProgram): Promise<string> {
    const log = await readFile(this.#logOf(name), 'utf8')
    return `${name} did not start:\n${log.trim().split('\n').slice(-10).join('\n')}`
  }

  #logOf(name: KubeProgram): string {
    return join(this.#folder, `${name}.log`)
  }

  async #kubeconfig(): Promise<string> {
    const authority = await readFile(join(this.#folder, 'certificates', 'apiserver.crt'))
    const cluster = {
      server: this.server,
      'certificate-authority-data': authority.toString('base64'),
    }
    const certificate = {
      'client-certificate-data': toBase64(this.#client.certificatePem),
      'client-key-data': toBase64(this.#client.keyPem),
    }
    const context = (name: string) => ({ name, context: { cluster: 'test', user: name } })
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [
        { name: 'token', user: { token: this.#token } },
        { name: 'certificate', user: certificate },
      ],
      contexts: [context('token'), context('certificate')],
      'current-context': 'token',
    })
  }
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** Ports that were free a moment ago, all of them held until the last is known. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  return await Promise.all(
    servers.map(async (server) => {
      await once(server, 'listening')
      const address = server.address()
      server.close()
      return typeof address === 'object' && address !== null ? address.port : 0
    }),
  )
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  await exited
  clearTimeout(late)
}
