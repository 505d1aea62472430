/** Where the programs of a Kubernetes control plane are: in $KUBEBUILDER_ASSETS, or built once from Go modules and kept. */
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../../../src/lab/run-program.ts'

const SOURCES = join(import.meta.dirname, 'parts')
const NAMES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const
export type KubeProgram = (typeof NAMES)[number]
/** The beginning of each one's command line. */
export type KubePrograms = Readonly<Record<KubeProgram, readonly string[]>>

/** Rejects, naming the part, when there are none and none can be built. The first build takes four minutes and says so. */
export async function kubePrograms(progress: (line: string) => void): Promise<KubePrograms> {
  const assets = process.env['KUBEBUILDER_ASSETS']
  if (assets !== undefined) return await fromAssets(assets)
  const binary = join(await cacheFolder(), 'kube-parts')
  if (!(await exists(binary))) await build(binary, progress)
  return toPrograms((name) => [binary, name])
}

function toPrograms(argv: (name: KubeProgram) => readonly string[]): KubePrograms {
  return Object.fromEntries(NAMES.map((name) => [name, argv(name)])) as unknown as KubePrograms
}

async function fromAssets(folder: string): Promise<KubePrograms> {
  for (const name of NAMES)
    if (!(await exists(join(folder, name))))
      throw new Error(
        `there is no ${name} in KUBEBUILDER_ASSETS (${folder}); put it there, or unset the variable to have it built`,
      )
  return toPrograms((name) => [join(folder, name)])
}

/** Another version or another program is another folder, so that nothing old is ever run. */
async function cacheFolder(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of ['main.go', 'go.mod', 'go.sum'])
    hash.update(await readFile(join(SOURCES, name)))
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(cache, 'plumbline', `kube-parts-${hash.digest('hex').slice(0, 16)}`)
}

async function build(binary: string, progress: (line: string) => void): Promise<void> {
  const folder = join(binary, '..')
  await mkdir(folder, { recursive: true })
  const work = await mkdtemp(join(folder, 'build-'))
  const version = await kubernetesVersion()
  const startedAt = performance.now()
  progress(`building kube-apiserver, etcd and kubectl ${version} (once; about 4 minutes)`)
  const beat = setInterval(() => progress(`still building, ${elapsed(startedAt)}`), 30_000)
  try {
    const argv = [
      'go',
      'build',
      '-o',
      join(work, 'kube-parts'),
      '-ldflags',
      linkFlags(version),
      '.',
    ]
    const environment = { ...process.env, CGO_ENABLED: '0' }
    await runProgram(argv, { directory: SOURCES, environment })
    // Suites that race build twice and put the same bytes there.
    await rename(join(work, 'kube-parts'), binary)
    progress(`built in ${elapsed(startedAt)}: ${binary}`)
  } finally {
    clearInterval(beat)
    await rm(work, { recursive: true, force: true })
  }
}

async function kubernetesVersion(): Promise<string> {
  const module = await readFile(join(SOURCES, 'go.mod'), 'utf8')
  const version = /k8s\.io\/kubernetes (v\d+\.\d+\.\d+)/.exec(module)?.[1]
  if (version === undefined) throw new Error('go.mod names no version of k8s.io/kubernetes')
  return version
}

/** Without them the server says it is v0.0.0-master, and kubectl warns about it. */
function linkFlags(version: string): string {
  const [major, minor] = version.slice(1).split('.')
  const set = (name: string, value = '') => `-X k8s.io/component-base/version.${name}=${value}`
  const stamps = [set('gitVersion', version), set('gitMajor', major), set('gitMinor', minor)]
  return ['-s', '-w', ...stamps].join(' ')
}

function elapsed(sinceMs: number): string {
  return `${Math.round((performance.now() - sinceMs) / 1000)} s`
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
