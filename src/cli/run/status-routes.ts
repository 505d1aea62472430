/** HTTP routes by which people and probes ask how the control plane is, and ask it to look at the repository now. */
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { isCommitSha } from '../../model/commit-sha.ts'
import type { CommitRecord } from '../../reconciler/commit-record.ts'
import type { StatusBoard } from './status-board.ts'

/** Longest wait that a request may ask for. */
const MAX_WAIT_MS = 120_000

export interface StatusSubject {
  readonly board: StatusBoard
  readonly registry: Registry
  /** Why proxies cannot be served yet; `undefined` once they can. */
  notReady(): string | undefined
  /** Asks for a pass as soon as possible. */
  reconcile(): void
  proxies(): readonly unknown[]
  /** Proxies that the cluster has pods for. */
  knownProxies(): number
}

export interface Status {
  readonly ready: boolean
  readonly reason?: string
  /** The last commit that is enforced. */
  readonly enforced?: string
  /** A proxy that is not connected enforces what it was told last: no commit waits for it, and this is where it shows. */
  readonly proxies: { readonly known: number; readonly connected: number }
  /** Oldest first. */
  readonly history: readonly CommitRecord[]
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
    app.post('/reconcile', (_request, reply) => {
      subject.reconcile()
      return reply.code(202).send({ requested: true })
    })
    app.get<{ Params: { sha: string }; Querystring: { waitMs?: string } }>(
      '/commits/:sha',
      async (request, reply) => {
        const { sha } = request.params
        if (!isCommitSha(sha)) return reply.code(400).send({ error: 'not a full commit SHA' })
        const waitMs = Math.min(Number(request.query.waitMs ?? 0) || 0, MAX_WAIT_MS)
        if (waitMs > 0) await settledWithin(subject.board, sha, waitMs)
        const record = subject.board.record(sha)
        return record ?? reply.code(404).send({ error: `commit ${sha} has not been sourced` })
      },
    )
  }
}

/** Waits for the commit to settle; a wait that runs out is not an error, the record says how far it came. */
async function settledWithin(
  board: StatusBoard,
  sha: Parameters<StatusBoard['settled']>[0],
  waitMs: number,
): Promise<void> {
  const signal = AbortSignal.timeout(waitMs)
  await board.settled(sha, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

function toStatus({ board, notReady, proxies, knownProxies }: StatusSubject): Status {
  const reason = notReady()
  const enforced = board.history.findLast((record) => record.state === 'enforced')?.commit
  return {
    ready: reason === undefined,
    ...(reason !== undefined && { reason }),
    ...(enforced !== undefined && { enforced }),
    proxies: { known: knownProxies(), connected: proxies().length },
    history: board.history,
  }
}
