/** Turns what passes and proxies tell into the record of each commit, and into log lines. */
import type { Clock } from '../../../model/clock.ts'
import type { CommitSha } from '../../../model/commit-sha.ts'
import type { Logger } from '../../../model/logger.ts'
import type { Problem } from '../../../model/problem.ts'
import type { AccessChange } from '../../../policy/access/access-diff.ts'
import type { Intent } from '../../../policy/intent.ts'
import type { RejectedByProxy } from '../../../reconciler/commit-record.ts'
import type { PassProgress } from '../../../reconciler/pass-progress.ts'
import { countSteps } from '../../../reconciler/plan/step.ts'
import { printRefMove } from '../../../reconciler/print-ref-move.ts'
import type { ReconcileOutcome } from '../../../reconciler/reconcile-outcome.ts'
import { printAccessChanges } from '../../../review/access/print-access-changes.ts'
import type { Enforcement } from '../../../xds/enforcement.ts'
import { printPlan } from './print-plan.ts'
import type { StatusBoard } from './status-board.ts'

/** How far proxies are with a commit, as far as is known here. */
export type ProxyProgress = Pick<Enforcement, 'state' | 'touched' | 'acked'> & {
  readonly nacked: readonly RejectedByProxy[]
}

export interface ProgressRecorderOptions {
  readonly board: StatusBoard
  /** What a commit changes in who may call what. */
  readonly accessChanges: (intent: Intent) => () => readonly AccessChange[]
  readonly enforcement: (commit: CommitSha) => ProxyProgress | undefined
  readonly clock: Clock
  readonly log: Logger
}

/** Problems of one commit that are written to the log; the rest are on the status page. */
const LOGGED_PROBLEMS = 20

export class ProgressRecorder {
  readonly #options: ProgressRecorderOptions
  /** Why the last pass had to wait, if it had. */
  #waitsFor: string | undefined
  /** What a commit changes in who may call what, until it is told. */
  #untold:
    | { readonly commit: CommitSha; readonly changes: () => readonly AccessChange[] }
    | undefined

  constructor(options: ProgressRecorderOptions) {
    this.#options = options
  }

  progress(progress: PassProgress): void {
    switch (progress.type) {
      case 'sourced':
        this.#sourced(progress)
        break
      case 'validated':
        this.#validated(progress)
        break
      case 'rejected':
        this.#rejected(progress)
        break
      case 'planned':
        this.#planned(progress)
        break
      // A plan that was carried out may have left objects out: how the pass ends tells whether the cluster has the commit.
      case 'applied':
        break
    }
  }

  ended(outcome: ReconcileOutcome): void {
    const { board, clock, log } = this.#options
    board.passEnded(clock.now(), outcome.type === 'failed' ? outcome.error.message : undefined)
    if (outcome.type !== 'waiting') this.#waitsFor = undefined
    if (outcome.type !== 'synced') this.#tellAccess()
    switch (outcome.type) {
      case 'synced':
        this.#applied(outcome.commit)
        break
      case 'waiting':
        this.#waits(outcome.commit, outcome.reason)
        break
      case 'failed':
        log.error('pass failed; it will be tried again', { error: outcome.error.message })
        if (outcome.commit !== undefined)
          board.update(outcome.commit, { state: 'failed', reason: outcome.error.message })
        break
      case 'stalled':
        break
    }
  }

  /** Proxies have come further with a commit; whether it is enforced as a whole depends on the cluster, too. */
  proxiesMoved(commit: CommitSha): void {
    this.#settle(commit)
  }

  /** Said once, however often it is looked at. */
  #waits(commit: CommitSha | undefined, reason: string): void {
    const { board, log } = this.#options
    if (commit !== undefined) board.update(commit, { state: 'waiting', reason })
    if (this.#waitsFor === reason) return
    this.#waitsFor = reason
    if (commit === undefined) log.info('pass waits', { reason })
    else log.warn('commit waits', { commit, reason })
  }

  #sourced(progress: PassProgress & { readonly type: 'sourced' }): void {
    const { commit, header, relation, before, insteadOf, at } = progress
    const { board, log } = this.#options
    const subject = header.message.split('\n')[0] ?? ''
    const { author } = header
    const move = {
      relation,
      ...(before !== undefined && { before }),
      ...(insteadOf !== undefined && { insteadOf }),
    }
    board.begin({
      ...{ commit, subject, author, ...move, state: 'sourced', sourcedAt: at },
      ...{ problems: [], touched: 0, acked: 0, nacked: [] },
    })
    const reason = printRefMove(progress)
    if (reason === undefined) log.info('commit sourced', { commit, subject, author, relation })
    else log.warn('commit sourced', { commit, subject, author, ...move, reason })
  }

  #validated({
    commit,
    intent,
    problems,
    at,
  }: PassProgress & { readonly type: 'validated' }): void {
    const changes = this.#options.accessChanges(intent)
    this.#untold = { commit, changes }
    this.#options.board.update(commit, { state: 'validated', validatedAt: at, problems })
    this.#options.log.info('commit validated', {
      commit,
      objects: intent.objects.length,
      warnings: problems.length,
    })
  }

  /** Said once the commit has done its way, or cannot go on; before it is called enforced. */
  #tellAccess(): void {
    const { board, log } = this.#options
    if (this.#untold === undefined) return
    const { commit, changes } = this.#untold
    this.#untold = undefined
    const access = printAccessChanges(changes())
    board.update(commit, { access })
    for (const line of access) log.info(`access ${line}`, { commit })
  }

  #rejected({ commit, problems }: PassProgress & { readonly type: 'rejected' }): void {
    const { board, log } = this.#options
    const errors = problems.filter(({ severity }) => severity === 'error')
    const reason = `${errors.length} ${errors.length === 1 ? 'problem' : 'problems'}`
    board.update(commit, { state: 'stalled', problems, reason })
    log.error('commit refused; the last good commit keeps serving', {
      commit,
      problems: errors.length,
    })
    for (const problem of errors.slice(0, LOGGED_PROBLEMS)) log.error(printProblem(problem))
  }

  #planned({ commit, plan }: PassProgress & { readonly type: 'planned' }): void {
    const counts = countSteps(plan)
    const { create, configure, prune, unchanged } = counts
    const planLines = printPlan(plan)
    if (plan.blocked !== undefined) this.#tellAccess()
    this.#options.board.update(commit, {
      plan: { create, configure, prune, unchanged },
      planLines,
      ...(plan.blocked !== undefined && { state: 'waiting', reason: plan.blocked }),
    })
    this.#options.log.info('plan ready', { commit, ...counts })
  }

  #applied(commit: CommitSha): void {
    const { board, clock, log } = this.#options
    const record = board.record(commit)
    if (record === undefined || record.appliedAt !== undefined) return
    board.update(commit, { state: 'applied', appliedAt: clock.now() })
    log.info('commit applied', { commit })
    this.#tellAccess()
    this.#settle(commit)
  }

  /** Enforced is the last station: the cluster has stored the commit and every touched proxy has ACKed it. */
  #settle(commit: CommitSha): void {
    const { board, clock, log } = this.#options
    const record = board.record(commit)
    const enforcement = this.#options.enforcement(commit)
    if (record?.appliedAt === undefined || record.enforcedAt !== undefined) return
    if (enforcement === undefined || enforcement.state === 'enforcing') return
    const { state, touched, acked, nacked } = enforcement
    const now = clock.now()
    if (state === 'enforced') {
      const enforcedAfterMs = now - record.sourcedAt
      board.update(commit, { state, touched, acked, nacked, enforcedAt: now, enforcedAfterMs })
      log.info('commit enforced', { commit, touched, acked, enforcedAfterMs })
      return
    }
    board.update(commit, { state, touched, acked, nacked })
    if (state === 'rejected')
      for (const { proxy, type, name, error, origins } of nacked)
        log.error('proxy rejected a resource', { commit, proxy, type, name, error, origins })
  }
}

function printProblem({ code, location, message, fix }: Problem): string {
  return `${location.file}:${location.line}:${location.column} ${code} ${message}; ${fix}`
}
