/** `plumb run` from a repository over HTTP onto a server of its own: applied, changed by a line, left alone, and tampered with. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startGitHttpServer } from '../../test/support/git-http-server.ts'
import { GitRepository } from '../../test/support/git-repository.ts'
import { AuditedServer, type CallCount } from './audited-server.ts'
import { clusterOf, installKinds } from './cluster-of.ts'
import { measureDrift } from './measure-drift.ts'
import { MeasuredRun, type Memory } from './measured-run.ts'
import type { Folder, GeneratedRepository } from './repositories.ts'

export interface PlumbOptions {
  readonly program: string
  readonly nodeFlags: readonly string[]
  readonly oneLineRounds: number
  readonly idleMs: number
  readonly edits: number
}

export interface OneLine {
  /** From asking for a pass to applied: git's part is in it. */
  readonly askedMs: number
  /** From sourced (the commit is fetched) to applied. */
  readonly fetchedMs: number
}

export interface PlumbFigures {
  /** From the start of the process to applied. */
  readonly firstMs: number
  /** Of it: from sourced to applied. */
  readonly firstFetchedMs: number
  readonly firstCalls: CallCount
  readonly firstCpuSeconds: number
  readonly oneLine: readonly OneLine[]
  readonly oneLineCalls: CallCount
  readonly idleCalls: CallCount
  readonly driftMs: readonly number[]
  /** After the first apply, at the very end, and then without garbage. */
  readonly memory: { readonly applied: Memory; readonly end: Memory; readonly collected: Memory }
}

/** For what a first apply leaves behind: watch events of our own writes. */
const SETTLE_MS = 2_000

export async function measurePlumb(
  repository: GeneratedRepository,
  options: PlumbOptions,
): Promise<PlumbFigures> {
  const server = await AuditedServer.start()
  const source = new GitRepository()
  source.commit(repository.files)
  source.publish()
  const git = await startGitHttpServer({ root: source.root })
  const data = await mkdtemp(join(tmpdir(), 'plumbline-bench-'))
  const { program, nodeFlags } = options
  const { folders } = repository
  const url = `${git.origin}/policy.git`
  let run: MeasuredRun | undefined
  try {
    await installKinds(server)
    if (folders.length > 0) await createMeshRepositories(server, folders, url)
    const first = await server.countCalls('plumb', async () => {
      run = new MeasuredRun({
        ...{ program, nodeFlags, data, repository: folders.length === 0 ? url : undefined },
        ...{ kubeconfig: server.kube.kubeconfig, context: 'plumb' },
      })
      return await until(run, repository, 0, run.startedAtMs)
    })
    if (run === undefined) throw new Error('nothing runs')
    const [applied, firstCpuSeconds] = [await run.memory(), await run.cpuSeconds()]
    await setTimeout(SETTLE_MS)
    const changes = await measureOneLine(run, source, repository, server, options.oneLineRounds)
    await setTimeout(SETTLE_MS)
    const { calls: idleCalls } = await server.countCalls('plumb', () => setTimeout(options.idleMs))
    const editor = await clusterOf(server)
    const driftMs = await measureDrift(editor, options.edits)
    editor.close()
    const end = await run.memory()
    return {
      ...{ firstMs: first.result.askedMs, firstFetchedMs: first.result.fetchedMs },
      ...{ firstCalls: first.calls, firstCpuSeconds, ...changes, idleCalls, driftMs },
      memory: { applied, end, collected: await run.collectedMemory() },
    }
  } finally {
    await run?.stop()
    await git.close()
    await server.stop()
    source.remove()
    await rm(data, { recursive: true, force: true })
  }
}

async function measureOneLine(
  run: MeasuredRun,
  source: GitRepository,
  repository: GeneratedRepository,
  server: AuditedServer,
  rounds: number,
): Promise<Pick<PlumbFigures, 'oneLine' | 'oneLineCalls'>> {
  const { result, calls } = await server.countCalls('plumb', async () => {
    const times: OneLine[] = []
    for (let round = 0; round < rounds; round++) {
      source.commit(repository.changed(round))
      source.publish()
      const since = run.said
      run.pass()
      times.push(await until(run, repository, since, Date.now()))
    }
    return times
  })
  return { oneLine: result, oneLineCalls: calls }
}

/** Until the last of those that follow the repository has applied it, from when the first had fetched it. */
async function until(
  run: MeasuredRun,
  { folders }: GeneratedRepository,
  since: number,
  askedAtMs: number,
): Promise<OneLine> {
  const applied = await run.until('commit applied', since, Math.max(1, folders.length))
  const sourced = await run.until('commit sourced', since)
  return { askedMs: applied.atMs - askedAtMs, fetchedMs: applied.atMs - sourced.atMs }
}

async function createMeshRepositories(
  { kube }: AuditedServer,
  folders: readonly Folder[],
  url: string,
): Promise<void> {
  const namespace = 'plumbline-system'
  await kube.kubectl(['create', 'namespace', namespace])
  const items = folders.map(({ path, namespaces }) => ({
    ...{ apiVersion: 'plumbline.dev/v1alpha1', kind: 'MeshRepository' },
    metadata: { name: path, namespace },
    spec: { url, path, namespaces, interval: '30s' },
  }))
  await kube.kubectl(
    ['create', '-f', '-'],
    JSON.stringify({ kind: 'List', apiVersion: 'v1', items }),
  )
}
