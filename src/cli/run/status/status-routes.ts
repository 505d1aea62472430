/** HTTP routes by which people and probes ask how the control plane is, and ask it to look at its repositories now. */
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { type CommitSha, isCommitSha } from '../../../model/commit-sha.ts'
import type { CommitRecord } from '../../../reconciler/commit-record.ts'
import type { RepositoryRun } from '../following/repository-run.ts'
import type { Failing, StatusBoard } from './status-board.ts'

/** Longest wait that a request may ask for. */
const MAX_WAIT_MS = 120_000

export interface StatusSubject {
  readonly repositories: {
    readonly runs: readonly Pick<RepositoryRun, 'name' | 'spec' | 'board' | 'reconciler'>[]
    /** Asks for a pass as soon as possible: of each, or of one. */
    request(reason: string, name?: string): void
  }
  readonly registry: Registry
  /** Why proxies cannot be served; `undefined` while they can. */
  notReady(): string | undefined
  proxies(): readonly unknown[]
  proxyCounts(): Status['proxies']
  /** Absent where there can be no other replica. */
  replica(): Status['replica']
}

export interface Status {
  readonly ready: boolean
  readonly reason?: string
  /** A proxy that is not connected enforces what it was told last: no commit waits for it, and this is where it shows. */
  readonly proxies: { readonly known: number; readonly connected: number }
  readonly replica?: ReplicaStatus | undefined
  /** Sorted by name. */
  readonly repositories: readonly RepositoryReport[]
}

export interface ReplicaStatus {
  readonly identity: string
  /** The replica that applies; absent while none does, or none is known. */
  readonly leader?: string | undefined
}

export interface RepositoryReport {
  readonly name: string
  readonly url: string
  readonly ref: string
  readonly suspended: boolean
  /** What this replica serves. */
  readonly served?: CommitSha | undefined
  /** The last commit that is enforced, as far as this replica has seen. */
  readonly enforced?: CommitSha | undefined
  /** Since when no pass has ended well, and why: what is served is that old, and stays. */
  readonly failing?: Failing
  /** What this replica has seen, oldest first. */
  readonly history: readonly CommitRecord[]
}

interface CommitRequest {
  readonly Params: { readonly sha: string }
  readonly Querystring: { readonly waitMs?: string; readonly repository?: string }
}

export function statusRoutes(subject: StatusSubject): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.get('/healthz', () => ({ status: 'ok' }))
    app.get('/readyz', (_request, reply) => {
      const reason = subject.notReady()
      return reason === undefined ? { status: 'ok' } : reply.code(503).send({ status: reason })
    })
    app.get('/metrics', async (_request, reply) => {
      const text = await subject.registry.metrics()
      return reply.type(subject.registry.contentType).send(text)
    })
    app.get('/status', () => toStatus(subject))
    app.get('/proxies', () => subject.proxies())
    app.post<{ Querystring: { repository?: string } }>('/reconcile', (request, reply) => {
      const { repository } = request.query
      if (repository !== undefined && boardsOf(subject, repository).length === 0)
        return reply.code(404).send({ error: `no repository ${repository} is followed` })
      subject.repositories.request('HTTP', repository)
      return reply.code(202).send({ requested: true })
    })
    app.get<CommitRequest>('/commits/:sha', async ({ params: { sha }, query }, reply) => {
      if (!isCommitSha(sha)) return reply.code(400).send({ error: 'not a full commit SHA' })
      const waitMs = Math.min(Number(query.waitMs ?? 0) || 0, MAX_WAIT_MS)
      const boards = boardsOf(subject, query.repository)
      if (waitMs > 0) await settledWithin(boards, sha, waitMs)
      const record = boards.map((board) => board.record(sha)).find((found) => found !== undefined)
      return record ?? reply.code(404).send({ error: `commit ${sha} has not been sourced` })
    })
  }
}

function boardsOf({ repositories }: StatusSubject, name: string | undefined): StatusBoard[] {
  return repositories.runs
    .filter((run) => name === undefined || run.name === name)
    .map(({ board }) => board)
}

/** Waits for the commit to settle anywhere; a wait that runs out is not an error, the record says how far it came. */
async function settledWithin(
  boards: readonly StatusBoard[],
  sha: CommitSha,
  waitMs: number,
): Promise<void> {
  if (boards.length === 0) return
  const found = new AbortController()
  const signal = AbortSignal.any([AbortSignal.timeout(waitMs), found.signal])
  const settled = boards.map(async (board) => {
    await board.settled(sha, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  })
  await Promise.race(settled).finally(() => found.abort())
}

function toStatus(subject: StatusSubject): Status {
  const reason = subject.notReady()
  const replica = subject.replica()
  return {
    ready: reason === undefined,
    ...(reason !== undefined && { reason }),
    proxies: subject.proxyCounts(),
    ...(replica && { replica }),
    repositories: subject.repositories.runs.map(toReport),
  }
}

function toReport({
  name,
  spec: { url, ref, suspend },
  board: { history, failing },
  reconciler,
}: StatusSubject['repositories']['runs'][number]): RepositoryReport {
  const enforced = history.findLast((record) => record.state === 'enforced')?.commit
  return {
    ...{ name, url, ref, suspended: suspend },
    ...(reconciler.commit !== undefined && { served: reconciler.commit }),
    ...(enforced !== undefined && { enforced }),
    ...(failing !== undefined && { failing }),
    history,
  }
}
