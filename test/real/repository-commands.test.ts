/** The commands about repositories on a real kube-apiserver, with a control plane that follows a git repository over HTTP. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ProgramResult, tryProgram } from '../../src/lab/run-program.ts'
import { type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts'
import { GitRepository } from '../support/git-repository.ts'
import { aMeshRepository, CONTROL_NAMESPACE } from '../support/mesh-repositories.ts'
import { BOOKSTORE_FILES, grantFile } from '../support/policy-yaml.ts'
import { KubeControlPlane } from './kube/kube-control-plane.ts'
import { kubeTrouble } from './kube/kube-trouble.ts'
import { RunProcess } from './kube/run-process.ts'

/** Long enough to build the parts on a machine that never did. */
const BUILD_LIMIT_MS = 30 * 60_000
/** Commands are programs of their own, and the machine may be busy. */
const COMMAND_LIMIT_MS = 120_000
const WITHIN = ['--timeout=60s']
const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

const trouble = await kubeTrouble()
let kube: KubeControlPlane
let repository: GitRepository
let git: GitHttpServer
let run: RunProcess

async function plumb(...args: readonly string[]): Promise<ProgramResult> {
  const argv = [process.execPath, MAIN, ...args, '--kubeconfig', kube.kubeconfig]
  return await tryProgram(argv, { environment: { ...process.env, NO_COLOR: '1' } })
}

const kubectl = async (...args: readonly string[]) =>
  await kube.kubectl(['-n', CONTROL_NAMESPACE, ...args])

function commit(files: Parameters<GitRepository['commit']>[0]): string {
  const sha = repository.commit(files)
  repository.publish()
  return sha
}

async function grants(): Promise<string> {
  return await kubectl('get', 'tt', '-n', 'bookstore', '-o', 'jsonpath={.items[*].metadata.name}')
}

async function field(path: string): Promise<string> {
  return await kubectl('get', 'meshrepository', 'mesh', '-o', `jsonpath={${path}}`)
}

beforeAll(async () => {
  if (trouble !== undefined) return
  kube = await KubeControlPlane.start()
  repository = new GitRepository()
  commit({ ...BOOKSTORE_FILES, ...grantFile('reader') })
  git = await startGitHttpServer({ root: repository.root })
  const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kube.kubeconfig]
  run = new RunProcess(['--data', join(repository.root, 'data'), ...cluster])
  await run.said('control plane ready')
  // As a GitOps controller keeps it: declared, and applied again and again.
  await declare()
}, BUILD_LIMIT_MS)

async function declare(): Promise<void> {
  const spec = { url: `${git.origin}/policy.git`, interval: '1h', drift: { mode: 'correct' } }
  const args = ['apply', '--server-side', '--field-manager=gitops', '-f', '-']
  await kube.kubectl(args, JSON.stringify(aMeshRepository('mesh', spec)))
}

afterAll(async () => {
  await run?.stop()
  await kube?.stop()
  await git?.close()
  repository?.remove()
})

describe.skipIf(trouble)('commands on Kubernetes', { timeout: COMMAND_LIMIT_MS }, () => {
  it('reconcile a repository, and list it as kubectl does', async () => {
    const { status, stdout, stderr } = await plumb('reconcile', 'mesh')
    expect([status, stderr.match(/bug/)]).toEqual([0, null])
    expect(stdout).toMatch(/^mesh: [0-9a-f]{7} is enforced/)
    expect(await grants()).toBe('bookbuyer reader')
    const { stdout: table } = await plumb('get')
    const columns = (text: string) => text.split('\n')[1]?.split(/ {2,}/).slice(0, 4)
    expect(columns(table)).toEqual(columns(await kubectl('get', 'meshrepositories')))
  })

  it('say where a commit is wrong, and end with 1', async () => {
    commit({ 'wrong.yaml': 'kind: TrafficTarget' })
    const { status, stdout, stderr } = await plumb('reconcile', 'mesh')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^mesh: sourced {4}[0-9a-f]{12} /)
    expect(stdout).toMatch(/^mesh: InvalidCommit: [\s\S]*\n {2}wrong\.yaml:1:1 {2}PLB\d{4} /)
    expect((await plumb('get')).status).toBe(1)
    commit({ 'wrong.yaml': null })
  })

  it('roll back to what was enforced, and forward again', async () => {
    const tip = commit(grantFile('thief'))
    expect((await plumb('reconcile', 'mesh')).status).toBe(0)
    expect(await grants()).toBe('bookbuyer reader thief')
    const { status, stdout } = await plumb('rollback', 'mesh', '--yes', '--for', '2h')
    expect(status).toBe(0)
    expect(stdout).toContain(`from  ${tip.slice(0, 12)}`)
    expect(stdout).toMatch(/\nmesh: [0-9a-f]{7} is enforced: .*; pinned in place of /)
    expect(await grants()).toBe('bookbuyer reader')
    // What a GitOps controller says of the rest does not take the pin away.
    await declare()
    expect(await field('.spec.pin.insteadOf')).toBe(tip)
    expect((await plumb('rollback', 'mesh', '--cancel', '--yes')).status).toBe(0)
    expect(await grants()).toBe('bookbuyer reader thief')
    expect(await field('.spec.pin')).toBe('')
  })

  it('suspend and resume: meanwhile nothing is applied, and an edit stays', async () => {
    expect((await plumb('suspend', 'mesh', '--reason', 'a test')).status).toBe(0)
    await kubectl(
      'wait',
      'mrepo/mesh',
      ...WITHIN,
      '--for=jsonpath={.status.conditions[0].reason}=Suspended',
    )
    commit({ 'grant-thief.yaml': null })
    await kubectl('delete', 'tt', '-n', 'bookstore', 'reader')
    expect(await plumb('reconcile', 'mesh')).toMatchObject({
      ...{
        status: 1,
        stdout: 'mesh is suspended (a test); take it up again with plumb resume mesh\n',
      },
    })
    expect(await grants()).toBe('bookbuyer thief')
    expect((await plumb('resume', 'mesh')).status).toBe(0)
    expect(await grants()).toBe('bookbuyer reader')
    expect(await field('.spec.suspend')).not.toBe('true')
  })

  it('show what somebody deleted, and what it would have meant', async () => {
    await kubectl('delete', 'tt', '-n', 'bookstore', 'reader')
    await kubectl(
      'wait',
      'mrepo/mesh',
      ...WITHIN,
      '--for=jsonpath={.status.drift.last[0].action}=recreated',
    )
    const { stdout } = await plumb('get', 'mesh')
    expect(stdout).toMatch(
      /TrafficTarget bookstore\/reader: deleted; created again\n +it would have closed/,
    )
  })
})
