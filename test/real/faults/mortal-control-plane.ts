/** `plumb run` on a real API server, behind a proxy that has it killed. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { CommitSha } from '../../../src/model/commit-sha.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { GitRepository } from '../../support/git-repository.ts'
import type { KubeControlPlane } from '../kube/kube-control-plane.ts'
import { type LogLine, RunProcess } from '../kube/run-process.ts'
import type { Half } from './flip-flop.ts'
import { type Death, KillingProxy } from './killing-proxy.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/plumbline-system/leases'
/** The way to the proxy is plain HTTP on the loopback. */
const UNVERIFIED = 'the kubeconfig tells not to verify who the API server is'

interface Kubeconfig {
  readonly clusters: readonly [{ readonly name: string; readonly cluster: object }]
  readonly users: readonly { readonly user: { readonly token?: string } }[]
}

export class MortalControlPlane {
  readonly #proxy: KillingProxy
  readonly #folder: string
  readonly #token: string
  readonly #repository = new GitRepository()
  #run: RunProcess | undefined
  #files: readonly string[] = []

  static async make(kube: KubeControlPlane): Promise<MortalControlPlane> {
    const proxy = await KillingProxy.start(kube.server)
    const folder = await mkdtemp(join(tmpdir(), 'plumbline-mortal-'))
    const config = JSON.parse(await readFile(kube.kubeconfig, 'utf8')) as Kubeconfig
    const [{ name }] = config.clusters
    const cluster = { server: proxy.url, 'insecure-skip-tls-verify': true }
    const proxied = { ...config, clusters: [{ name, cluster }] }
    await writeFile(join(folder, 'kubeconfig'), JSON.stringify(proxied))
    const token = config.users.find(({ user }) => user.token !== undefined)?.user.token ?? ''
    return new MortalControlPlane(proxy, { folder, token })
  }

  private constructor(
    proxy: KillingProxy,
    { folder, token }: { readonly folder: string; readonly token: string },
  ) {
    this.#proxy = proxy
    this.#folder = folder
    this.#token = token
  }

  start(): void {
    const data = ['--data', join(this.#folder, 'data'), '--schedule', '@every 1h']
    const kubeconfig = join(this.#folder, 'kubeconfig')
    const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kubeconfig]
    this.#run = new RunProcess(['--repository', this.#repository.bare, ...data, ...cluster])
  }

  /** The process that runs now. */
  get run(): RunProcess {
    if (this.#run === undefined) throw new Error('no control plane was started')
    return this.#run
  }

  /** Kills whoever makes the write, counted from now. */
  killAt(death: Death): void {
    this.#proxy.arm(death, () => this.run.killNow())
  }

  /** Makes the repository hold these files and no others, and asks whoever runs to look. */
  push({ files }: Half): CommitSha {
    const gone = this.#files.filter((path) => !(path in files)).map((path) => [path, null])
    const message = 'Turn over\n\nPlumbline-Allow-Prune: all'
    const commit = this.#repository.commit({ ...Object.fromEntries(gone), ...files }, message)
    this.#files = Object.keys(files)
    this.#repository.publish()
    this.#run?.pass()
    return commit
  }

  async applied(commit: CommitSha): Promise<void> {
    if (await this.diesBeforeApplying(commit))
      throw new Error(`it died: ${JSON.stringify(this.run.lines.slice(-5))}`)
  }

  /** Resolves when either has happened and the API server is at rest. */
  async diesBeforeApplying(commit: CommitSha): Promise<boolean> {
    const { run } = this
    const isApplied = () =>
      run.lines.some((line) => line.msg === 'commit applied' && line['commit'] === commit)
    while (!run.isDead && !isApplied()) await setTimeout(5)
    const isDead = run.isDead
    await this.#proxy.quiet()
    // It was killed and could not give the lead up; whoever comes next would wait for it to run out.
    if (isDead) await this.#ask(LEASES, 'DELETE')
    return isDead
  }

  async loseData(): Promise<void> {
    await rm(join(this.#folder, 'data'), { recursive: true })
  }

  /** Errors and warnings of the process that runs now; its own death is none. */
  complaints(): readonly string[] {
    const { lines } = this.run
    const quiet = ({ level, msg }: LogLine) =>
      ['info', 'debug'].includes(level) || msg === UNVERIFIED
    return lines.filter((line) => !quiet(line)).map(({ msg }) => msg)
  }

  async stop(): Promise<void> {
    await this.#run?.kill()
    this.#run = undefined
    await this.#proxy.quiet()
    await this.#ask(LEASES, 'DELETE')
  }

  async remove(): Promise<void> {
    await this.#proxy.close()
    this.#repository.remove()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Everything of a kind, asked of the API server as its administrator. */
  async list(path: string): Promise<readonly KubernetesObject[]> {
    const { items } = (await (await this.#ask(path)).json()) as { items: KubernetesObject[] }
    return items
  }

  async #ask(path: string, method = 'GET'): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}` }
    return await fetch(`${this.#proxy.url}${path}`, { method, headers })
  }
}
