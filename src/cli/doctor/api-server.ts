/** The API server itself: whether it answers, its version, and its clock. */
import { text } from 'node:stream/consumers'
import type { Clock, Instant, Ms } from '../../model/clock.ts'
import { ApiConnection } from '../../reconciler/kubernetes/api-connection.ts'
import {
  type KubeConfigChoice,
  loadKubeConfig,
} from '../../reconciler/kubernetes/load-kube-config.ts'
import { type Check, fail, pass, warn } from './check.ts'

/** The oldest that serves everything we use: field validation and the eviction policy of unhealthy pods are stable since 1.27. */
const OLDEST_MINOR = 28
/** Certificates begin two minutes before they are made, so half of that is still safe and worth a word. */
const SKEW_TO_MENTION_MS: Ms = 5_000
const SKEW_THAT_BREAKS_MS: Ms = 60_000

export interface ApiServerFacts {
  readonly address: string
  /** `v1.36.3`. */
  readonly version: string
  /** What its clock said, and what ours said in the middle of the exchange. Its answers carry whole seconds. */
  readonly itsTime: Instant | undefined
  readonly ourTime: Instant
}

/** Throws `ClusterError` when it does not answer. */
export async function askApiServer(
  choice: KubeConfigChoice,
  clock: Clock,
  signal: AbortSignal,
): Promise<ApiServerFacts> {
  const config = loadKubeConfig(choice)
  const connection = new ApiConnection({ config, clock })
  try {
    const askedAt = clock.now()
    const answer = await connection.open({ method: 'GET', path: '/version' }, signal)
    const answeredAt = clock.now()
    const { gitVersion } = JSON.parse(await text(answer)) as { readonly gitVersion: string }
    const date = Date.parse(answer.headers.date ?? '')
    return {
      address: config.getCurrentCluster()?.server ?? '',
      version: gitVersion,
      itsTime: Number.isNaN(date) ? undefined : (date as Instant),
      ourTime: ((askedAt + answeredAt) / 2) as Instant,
    }
  } finally {
    connection.close()
  }
}

export function judgeApiServer({ address, version }: ApiServerFacts): Check {
  const name = 'API server'
  const found = `Kubernetes ${version} at ${address}`
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? []
  if (Number(major) > 1 || Number(minor) >= OLDEST_MINOR) return pass(name, found)
  return fail(name, found, {
    expected: `Kubernetes 1.${OLDEST_MINOR} or newer`,
    fix: 'upgrade the cluster; older API servers lack what the control plane relies on',
  })
}

/** Of this machine against the API server's; the control plane's own machine is another, and its clock should be the same. */
export function judgeClock({ itsTime, ourTime }: ApiServerFacts): Check {
  const name = 'clock'
  if (itsTime === undefined)
    return warn(name, 'the API server does not say what time it has', {
      expected: 'a Date in its answers',
      fix: 'look whether a proxy between takes it away',
    })
  // What it says is up to a second old.
  const skewMs = ourTime - (itsTime + 500)
  const amount = Math.max(0, Math.abs(skewMs) - 500)
  const seconds = `${(amount / 1000).toFixed(1)} s`
  const found = `this machine's clock is ${seconds} ${skewMs < 0 ? 'behind' : 'ahead of'} the API server's`
  if (amount < SKEW_TO_MENTION_MS) return pass(name, 'as the API server has it, to within seconds')
  const remedy = {
    expected: `less than ${SKEW_TO_MENTION_MS / 1000} s; certificates are judged by the clock of whoever reads them`,
    fix: 'synchronise the clocks, as with chrony or systemd-timesyncd',
  }
  return (amount < SKEW_THAT_BREAKS_MS ? warn : fail)(name, found, remedy)
}
