/** Follows a repository until the pass that was asked for has ended and what it did is enforced. */

import type { Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import type { Cluster } from '../../reconciler/cluster.ts'
import type { Shell } from '../run/shell.ts'
import { followRepositories } from './follow-repositories.ts'
import { type RepositoryView, toRepositoryView } from './repository-view.ts'
import { type PassRequest, requestVerdict, type Verdict } from './request-verdict.ts'
import { stationNews } from './station-news.ts'

export interface WaitOptions {
  readonly cluster: Cluster
  readonly shell: Shell
  readonly name: string
  readonly request: PassRequest
  /** As it was before the request: what has changed since is news. */
  readonly before: RepositoryView
  readonly timeoutMs: Ms
  readonly progress: (line: string) => void
}

export type WaitOutcome =
  | Verdict
  | { readonly type: 'gone' }
  /** The time is over, or the signal aborted; `last` is how far it came. */
  | { readonly type: 'waits'; readonly last: RepositoryView }

export async function waitForRequest(
  { cluster, shell, name, request, before, timeoutMs, progress }: WaitOptions,
  signal: AbortSignal,
): Promise<WaitOutcome> {
  const ended = new AbortController()
  const waiting = AbortSignal.any([signal, ended.signal])
  let outcome: WaitOutcome = { type: 'waits', last: before }
  const end = (with_: WaitOutcome): void => {
    outcome = with_
    ended.abort()
  }
  const receive = (object: KubernetesObject): void => {
    if (object.metadata.name !== name || outcome.type !== 'waits') return
    const view = toRepositoryView(object)
    for (const line of stationNews(outcome.last, view)) progress(line)
    outcome = { type: 'waits', last: view }
    const verdict = requestVerdict(view, request)
    if (verdict !== undefined) end(verdict)
  }
  const gone = (lost: string) => {
    if (lost === name) end({ type: 'gone' })
  }
  const limit = shell.clock.sleep(timeoutMs, waiting).then(() => ended.abort())
  await followRepositories({ cluster, shell, onObject: receive, onGone: gone }, waiting)
  await limit
  return outcome
}
