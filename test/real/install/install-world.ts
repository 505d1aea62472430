/** A real API server, and the clients by which a user installs onto it: kubectl, Helm and plumb. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Check } from '../../../src/cli/doctor/check.ts'
import { type ProgramResult, tryProgram } from '../../../src/lab/run-program.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { type GitHttpServer, startGitHttpServer } from '../../support/git-http-server.ts'
import { GitRepository } from '../../support/git-repository.ts'
import { BOOKSTORE_FILES } from '../../support/policy-yaml.ts'
import { helmProgram } from '../helm/helm-program.ts'
import { KubeControlPlane } from '../kube/kube-control-plane.ts'
import { RunProcess } from '../kube/run-process.ts'

const ROOT = join(import.meta.dirname, '../../..')
export const BASE = join(ROOT, 'deploy/kubernetes')
export const CHART = join(ROOT, 'deploy/chart/plumbline')
export const MAIN = join(ROOT, 'src/cli/main.ts')
export const ACCOUNT = 'plumbline-controller'
/** Of the kubeconfig: the installed account. */
export const CONTEXT = 'controller'
export const NAMESPACE = 'plumbline-system'
export const IN_CONTROL = ['-n', NAMESPACE] as const

export interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly replicas: number
    readonly template: KubernetesObject & {
      readonly spec: { readonly containers: readonly [{ readonly args: readonly string[] }] }
    }
  }
}

interface Parts {
  readonly kube: KubeControlPlane
  readonly git: GitHttpServer
  readonly repository: GitRepository
  readonly home: string
  readonly helm: string
}

export class InstallWorld {
  readonly kube: KubeControlPlane
  /** Serves the bookstore's policies as policy.git. */
  readonly git: GitHttpServer
  /** A folder that goes with it. */
  readonly home: string
  readonly #repository: GitRepository
  readonly #helm: string

  static async start(): Promise<InstallWorld> {
    const helm = await helmProgram((line) => console.log(line))
    const home = await mkdtemp(join(tmpdir(), 'plumbline-install-'))
    const kube = await KubeControlPlane.start()
    const repository = new GitRepository()
    repository.commit(BOOKSTORE_FILES)
    repository.publish()
    const git = await startGitHttpServer({ root: repository.root })
    return new InstallWorld({ kube, git, repository, home, helm })
  }

  private constructor({ kube, git, repository, home, helm }: Parts) {
    this.kube = kube
    this.git = git
    this.home = home
    this.#repository = repository
    this.#helm = helm
  }

  async stop(): Promise<void> {
    await this.kube.stop()
    await this.git.close()
    this.#repository.remove()
    await rm(this.home, { recursive: true, force: true })
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    return await this.kube.kubectl(args)
  }

  /** What it says on either stream. Rejects when it fails. */
  async helm(...args: readonly string[]): Promise<string> {
    const environment = { ...process.env, HOME: this.home, KUBECONFIG: this.kube.kubeconfig }
    const argv = [this.#helm, ...args, ...IN_CONTROL]
    const { status, stdout, stderr } = await tryProgram(argv, { environment })
    if (status !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`)
    return stdout + stderr
  }

  async plumb(...args: readonly string[]): Promise<ProgramResult> {
    const argv = [process.execPath, MAIN, ...args, '--kubeconfig', this.kube.kubeconfig]
    return await tryProgram(argv)
  }

  /** What it prints. Rejects when it fails. */
  async plumbWell(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.plumb(...args)
    if (status !== 0) throw new Error(`plumb ${args.join(' ')}: ${status}: ${stdout}${stderr}`)
    return stdout
  }

  /** By name. */
  async doctor(): Promise<ReadonlyMap<string, Check>> {
    const { stdout } = await this.plumb('doctor', '-o', 'json')
    const checks = JSON.parse(stdout) as readonly Check[]
    return new Map(checks.map((check) => [check.name, check]))
  }

  async deployment(): Promise<Deployment> {
    const text = await this.kubectl('get', 'deployment', ACCOUNT, ...IN_CONTROL, '-o', 'json')
    return JSON.parse(text) as Deployment
  }

  /** Changes what git serves. */
  commit(files: Parameters<GitRepository['commit']>[0]): void {
    this.#repository.commit(files)
    this.#repository.publish()
  }

  /** The grants that are in the cluster. */
  async policies(): Promise<readonly string[]> {
    const names = await this.kubectl('get', 'tt', '-A', '-o', 'name')
    return names.split('\n').filter(Boolean)
  }

  meshRepository(): string {
    return JSON.stringify({
      apiVersion: 'plumbline.dev/v1alpha1',
      kind: 'MeshRepository',
      metadata: { name: 'mesh', namespace: NAMESPACE },
      spec: { url: `${this.git.origin}/policy.git`, ref: 'main' },
    })
  }

  /**
   * No kubelet runs here: what its container would be told, in a process, with a token of the installed account and no other
   * right.
   */
  async runAsInstalled(): Promise<{ readonly run: RunProcess; readonly http: string }> {
    const token = await this.kubectl('create', 'token', ACCOUNT, ...IN_CONTROL)
    await this.kubectl('config', 'set-credentials', ACCOUNT, `--token=${token}`)
    await this.kubectl('config', 'set-context', CONTEXT, '--cluster=test', `--user=${ACCOUNT}`)
    const http = `127.0.0.1:${await freePort()}`
    const { args } = (await this.deployment()).spec.template.spec.containers[0]
    const data = await mkdtemp(join(this.home, 'data-'))
    const elsewhere = ['--data', data, '--xds-listen=127.0.0.1:0', `--http-listen=${http}`]
    const account = ['--kubeconfig', this.kube.kubeconfig, '--context', CONTEXT]
    const run = new RunProcess([...args.slice(1), ...elsewhere, ...account])
    return { run, http: `http://${http}` }
  }

  /** As the controller of Deployments would, had there been one. */
  async playRollout(available: number): Promise<void> {
    const { metadata, spec } = await this.deployment()
    const status = {
      observedGeneration: metadata.generation,
      replicas: spec.replicas,
      updatedReplicas: spec.replicas,
      readyReplicas: available,
      availableReplicas: available,
    }
    await this.kubectl(
      ...['patch', 'deployment', ACCOUNT, ...IN_CONTROL, '--subresource=status'],
      ...['--type=merge', '-p', JSON.stringify({ status })],
    )
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
