/** Asks for a pass of a repository, after an edit of it where there is one, and tells what comes of it. */
import type { Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { RECONCILE_REQUESTED_AT } from '../../reconciler/repositories/mesh-repository-kind.ts'
import { EXIT_CODE, UsageError } from '../exit-code.ts'
import { editRepository } from './edit-repository.ts'
import type { CommandPlace } from './in-command-cluster.ts'
import { printSpan } from './print-span.ts'
import type { RepositoryView } from './repository-view.ts'
import { isHandled, type PassRequest } from './request-verdict.ts'
import { waitForRequest } from './wait-for-request.ts'
import { withAnnotation } from './with-annotation.ts'

export interface PassOptions {
  /** The repository before. */
  readonly before: RepositoryView
  readonly edit?: (object: KubernetesObject) => KubernetesObject
  /** The commit that has to be enforced, where that is not whatever the ref names. */
  readonly commit?: string
  readonly timeoutMs: Ms
  readonly isAwaited: boolean
}

/** Resolves with the exit status. Throws `UsageError` when the time is over before the commit is settled. */
export async function askForPass(place: CommandPlace, options: PassOptions): Promise<number> {
  const { cluster, shell, signal } = place
  const { before, edit = (object) => object, commit, timeoutMs, isAwaited } = options
  const { name } = before
  const requestedAt = new Date(shell.clock.now()).toISOString()
  const stored = await editRepository(cluster, name, (object) =>
    withAnnotation(edit(object), RECONCILE_REQUESTED_AT, requestedAt),
  )
  if (!isAwaited) return EXIT_CODE.ok
  const generation = stored.metadata.generation ?? 0
  const request = { requestedAt, generation, ...(commit !== undefined && { commit }) }
  const progress = (line: string) => void process.stderr.write(`${name}: ${line}\n`)
  const wait = { cluster, shell, name, request, before, timeoutMs, progress }
  const outcome = await waitForRequest(wait, signal)
  switch (outcome.type) {
    case 'enforced':
      process.stdout.write(`${outcome.text}\n`)
      return EXIT_CODE.ok
    case 'failed':
      process.stdout.write(`${outcome.text}\n`)
      return EXIT_CODE.found
    case 'gone':
      process.stdout.write(`${name}: has been deleted meanwhile\n`)
      return EXIT_CODE.found
    case 'waits':
      throw new UsageError(
        signal.aborted
          ? `stopped waiting for ${name}; what was asked for goes on: plumb get ${name}`
          : printTimeout(outcome.last, request, timeoutMs),
      )
  }
}

function printTimeout(last: RepositoryView, request: PassRequest, timeoutMs: Ms): string {
  const { name, ready } = last
  const span = printSpan(timeoutMs)
  return isHandled(last, request)
    ? `${name} is not enforced after ${span}: ${ready.message}; it goes on, follow it with plumb get ${name} --watch`
    : `no control plane has done the pass of ${name} within ${span}; see whether one runs, and what it logs`
}
