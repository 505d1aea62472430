/** `plumb run` as a process, following a real git server over HTTP: triggers, refusal, log lines, a kill and a drain. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ControlPlaneClient } from '../../src/cli/control-plane-client.ts'
import { socketPath } from '../../src/cli/run/run-options.ts'
import type { CommitSha } from '../../src/model/commit-sha.ts'
import { type GitHttpServer, startGitHttpServer } from '../support/git-http-server.ts'
import { GitRepository } from '../support/git-repository.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')
const EXAMPLE = join(import.meta.dirname, '../../policies-example')
const FILES = [
  'bookstore/access.yaml',
  'bookstore/namespace.yaml',
  'bookstore/routes.yaml',
  'bookbuyer/namespace.yaml',
]
const WAIT_MS = 15_000

const files = Object.fromEntries(
  FILES.map((path) => [path, readFileSync(join(EXAMPLE, path), 'utf8')]),
)
const broken = {
  'bookstore/routes.yaml': files['bookstore/routes.yaml']!.replace('matches:', 'matchs:'),
}

let repository: GitRepository
let server: GitHttpServer
let data: string
let ports: readonly number[]
let child: ChildProcess

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { readonly port: number }
  probe.close()
  return port
}

function start(): ChildProcess {
  const [xds, http] = ports
  return spawn(
    process.execPath,
    [
      ...[MAIN, 'run', '--repository', `${server.origin}/policy.git`, '--data', data],
      ...['--xds-listen', `127.0.0.1:${xds}`, '--http-listen', `127.0.0.1:${http}`],
      // Only triggers make passes here.
      ...['--schedule', '@every 1h', '--log-format', 'json'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
}

function client(): ControlPlaneClient {
  return new ControlPlaneClient(socketPath(data))
}

async function stateOf(commit: CommitSha): Promise<string> {
  const signal = AbortSignal.timeout(WAIT_MS)
  return await vi.waitFor(async () => (await client().commit(commit, 5_000, signal)).state, {
    timeout: WAIT_MS,
  })
}

function publish(change: Readonly<Record<string, string>>): CommitSha {
  const commit = repository.commit(change)
  repository.publish()
  return commit
}

beforeEach(async () => {
  repository = new GitRepository()
  server = await startGitHttpServer({ root: repository.root })
  data = await temporaryDirectory()
  ports = [await freePort(), await freePort()]
})

afterEach(async () => {
  child.kill('SIGKILL')
  await server.close()
  repository.remove()
})

describe('plumb run', () => {
  it('looks at the repository at its start, at SIGHUP, and when asked over HTTP', async () => {
    const first = publish(files)
    child = start()
    expect(await stateOf(first)).toBe('enforced')

    const second = publish({ 'bookstore/note.yaml': '# nothing' })
    child.kill('SIGHUP')
    expect(await stateOf(second)).toBe('enforced')

    const third = publish({ 'bookstore/note.yaml': '# nothing more' })
    const answer = await fetch(`http://127.0.0.1:${ports[1]}/reconcile`, { method: 'POST' })
    expect([answer.status, await stateOf(third)]).toEqual([202, 'enforced'])
  }, 60_000)

  it('refuses a broken commit with its place, and serves the last good one through kill -9 without git', async () => {
    const good = publish(files)
    child = start()
    expect(await stateOf(good)).toBe('enforced')
    const bad = publish(broken)
    await client().reconcile(AbortSignal.timeout(WAIT_MS))
    expect(await stateOf(bad)).toBe('stalled')
    const record = await client().commit(bad, 0, AbortSignal.timeout(WAIT_MS))
    expect(record.problems.map(({ location }) => `${location.file}:${location.line}`)).toContain(
      'bookstore/routes.yaml:8',
    )

    child.kill('SIGKILL')
    await once(child, 'exit')
    server.fault = { type: 'answer', status: 503, body: Buffer.from('') }
    child = start()
    await vi.waitFor(
      async () =>
        expect(await (await fetch(`http://127.0.0.1:${ports[1]}/readyz`)).json()).toEqual({
          status: 'ok',
        }),
      { timeout: WAIT_MS },
    )

    const failing = async () =>
      (await client().status(AbortSignal.timeout(WAIT_MS))).repositories[0]?.failing
    expect(await vi.waitUntil(failing, { timeout: WAIT_MS })).toEqual({
      since: expect.any(Number) as number,
      error: expect.stringContaining('failed (status 503)') as string,
    })

    server.fault = undefined
    const mended = publish(files)
    child.kill('SIGHUP')
    expect(await stateOf(mended)).toBe('enforced')
    expect(await failing()).toBeUndefined()
  }, 60_000)

  it('writes JSON lines, drains at SIGTERM, and ends with status 0', async () => {
    const commit = publish(files)
    child = start()
    const log = text(child.stderr!)
    await stateOf(commit)
    child.kill('SIGTERM')
    expect((await once(child, 'exit'))[0]).toBe(0)
    const lines = (await log)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; commit?: string })
    expect(lines.filter((line) => line.commit === commit).map((line) => line.msg)).toEqual([
      'commit sourced',
      'commit validated',
      'plan ready',
      'commit applied',
      'commit enforced',
    ])
  }, 60_000)
})
