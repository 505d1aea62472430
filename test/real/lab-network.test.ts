/**
 * The lab's network with real namespaces, iptables and Envoys: redirection both ways, in each kind of isolation, two labs at
 * once, and nothing left after kill -9.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, chown, copyFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { findEnvoy } from '../../src/lab/envoy-binary.ts'
import { findPods } from '../../src/lab/lab-processes.ts'
import { runProgram } from '../../src/lab/run-program.ts'
import { labTrouble, userLabTrouble } from './lab/lab-trouble.ts'

const trouble = await labTrouble()
const userTrouble = trouble ?? (await userLabTrouble(65_534))
const subordinate = trouble ? undefined : subordinateUser()
let home: string

/** A copy that any uid can read and run: a checkout may lie in a home that only its owner can enter. */
beforeAll(async () => {
  if (trouble) return
  home = await mkdtemp(join(tmpdir(), 'plumbline-lab-'))
  await chmod(home, 0o755)
  const envoy = await findEnvoy({ environment: process.env, fetch: true, progress: console.log })
  await copyFile(envoy.path, join(home, 'envoy'))
  await copyFile(process.execPath, join(home, 'node'))
  for (const part of ['package.json', 'src/lab', 'src/injector', 'src/model', 'test/real/lab'])
    await cp(part, join(home, part), { recursive: true })
  await runProgram(['chmod', '-R', 'a+rX', home])
}, 120_000)
afterAll(() => home && rm(home, { recursive: true }))

interface Scenario {
  readonly outer: ChildProcess
  readonly result: Promise<Record<string, unknown>>
}

async function startScenario(options: { stay?: boolean; uid?: number } = {}): Promise<Scenario> {
  const { stay, uid = 0 } = options
  const workloads = await mkdtemp(join(home, 'workloads-'))
  await writeFile(join(workloads, 'a-file'), 'owner only\n', { mode: 0o600 })
  await chown(workloads, uid, uid)
  await chown(join(workloads, 'a-file'), uid, uid)
  const outer = startProgram('network-scenario.ts', [workloads, ...(stay ? ['--stay'] : [])], uid)
  return { outer, result: firstLine(outer) }
}

function startProgram(name: string, args: readonly string[], uid: number): ChildProcess {
  const outer = spawn(join(home, 'node'), [join(home, 'test/real/lab', name), ...args], {
    env: { PATH: process.env['PATH'], ENVOY: join(home, 'envoy'), HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
    uid,
    gid: uid,
  })
  onTestFinished(() => void outer.kill('SIGKILL'))
  return outer
}

async function firstLine(outer: ChildProcess): Promise<Record<string, unknown>> {
  for await (const line of createInterface(outer.stdout!)) return JSON.parse(line)
  throw new Error('the scenario ended without a result')
}

const loopback = '::ffff:127.0.0.1'

/** What each request meets; `uid` is what the workload runs under. */
function expected(isolation: string, uid: (ordinal: number) => number) {
  const fromB = (out: string, through: string) => ({
    pod: 'b',
    from: loopback,
    uid: uid(1),
    out,
    in: through,
  })
  const fromC = (from: string, out: string) => ({ pod: 'c', from, uid: uid(2), out, in: 'no' })
  return {
    isolation,
    bothMeshed: fromB('yes', 'yes'),
    byAddress: fromB('yes', 'yes'),
    fromPlain: fromB('no', 'yes'),
    toPlain: fromC('::ffff:198.18.0.2', 'yes'),
    toItself: fromB('yes', 'yes'),
    plainToItself: fromC('::ffff:198.18.0.4', 'no'),
    onLoopback: fromB('no', 'no'),
    emptyService: 'ECONNREFUSED',
    unknownName: 'EAI_AGAIN',
    outOfLab: 'ENETUNREACH',
  }
}

const hidden = `ls: cannot open directory '/run/plumbline/envoy': Permission denied`

describe.skipIf(trouble)('the lab’s network', () => {
  it('redirects both ways as root, each workload under a uid of its own that cannot read Envoy’s keys', async () => {
    const { outer, result } = await startScenario()
    expect(await result).toEqual({
      ...expected('root', (ordinal) => 10_001 + ordinal),
      files: `a\nowner only\n/run/plumbline:\nbin\nenvoy\nworkloads\n${hidden}\n`,
    })
    expect(await once(outer, 'exit')).toEqual([0, null])
  }, 60_000)

  it.skipIf(userTrouble)(
    'redirects both ways for a user with one uid, where Envoy is told by its mark',
    async () => {
      const { result } = await startScenario({ uid: 65_534 })
      expect(await result).toMatchObject(expected('user-single', () => 0))
    },
    60_000,
  )

  it.skipIf(userTrouble ?? subordinate === undefined)(
    'redirects both ways for a user with a range of uids',
    async () => {
      const { result } = await startScenario({ uid: subordinate! })
      expect(await result).toMatchObject(expected('user-range', (ordinal) => 10_001 + ordinal))
    },
    60_000,
  )

  it('relays connections to one address of the host', () => relays(0), 60_000)

  it.skipIf(userTrouble)('does so for a user without rights', () => relays(65_534), 60_000)

  it('runs two labs side by side, leaves the host’s network alone, and leaves nothing after kill -9', async () => {
    const before = await hostFacts()
    const labs = [await startScenario({ stay: true }), await startScenario({ stay: true })]
    const results = await Promise.all(labs.map((lab) => lab.result))
    expect(results.map((result) => result['bothMeshed'])).toEqual(
      Array(2).fill(expected('root', (ordinal) => 10_001 + ordinal).bothMeshed),
    )
    const names = new Set((await findPods()).map((pod) => pod.lab))
    expect([...labs].every((lab) => names.has(`lab-${lab.outer.pid}`))).toBe(true)
    expect(await hostFacts()).toEqual(before)

    for (const lab of labs) lab.outer.kill('SIGKILL')
    await expect.poll(() => relatedProcesses(labs), { timeout: 5000 }).toEqual([])
    expect(await hostFacts()).toEqual(before)
  }, 60_000)
})

async function relays(uid: number): Promise<void> {
  const outer = startProgram('relay-scenario.ts', [], uid)
  expect(await firstLine(outer)).toEqual({ direct: 'ECONNREFUSED', through: ['300000 bytes'] })
  expect(await once(outer, 'exit')).toEqual([0, null])
}

/**
 * What a lab could leave on the host: links, namespaces with names, mounts, rules. Suites that run beside this one mount below the
 * temporary folder and start Envoys of their own, so those two are left out.
 */
async function hostFacts(): Promise<unknown> {
  const ip = async (...args: string[]) => (await runProgram(['ip', ...args])).stdout
  return {
    links: await ip('-brief', 'link'),
    routes: await ip('route'),
    namespaces: await ip('netns', 'list'),
    mounts: readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => !line.split(' ')[1]?.startsWith(tmpdir())),
    rules: (await runProgram(['iptables-save', '-t', 'nat'])).stdout.replace(/^#.*\n/gm, ''),
    shared: readdirSync('/dev/shm').filter((name) => !name.startsWith('envoy_shared_memory')),
  }
}

/** Processes that live in a network namespace other than this one and descend from the scenario. */
function relatedProcesses(labs: readonly Scenario[]): readonly string[] {
  const own = readlinkSync('/proc/self/ns/net')
  const names = labs.map((lab) => `"name":"lab-${lab.outer.pid}"`)
  return readdirSync('/proc').filter((pid) => {
    try {
      if (!/^\d+$/.test(pid) || readlinkSync(`/proc/${pid}/ns/net`) === own) return false
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      return names.some((name) => environment.includes(name))
    } catch {
      return false
    }
  })
}

/** A user of this machine to whom /etc/subuid gives a range. */
function subordinateUser(): number | undefined {
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
  const owners = read('/etc/subuid').map((line) => line.split(':')[0])
  const users = read('/etc/passwd').map((line) => line.split(':'))
  const uid = users.find(([name = '']) => name !== 'root' && owners.includes(name))?.[2]
  if (uid === undefined)
    console.warn('real lab: no user has a range in /etc/subuid; one test skipped')
  return uid === undefined ? undefined : Number(uid)
}
