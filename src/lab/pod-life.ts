/** A pod's life from the decision about its sidecar on: bootstrap, Envoy, containers, and fresh certificates until the end. */
import type { BootstrapFile } from '../injector/bootstrap-files.ts'
import { CERTIFICATE_FILE } from '../injector/bootstrap-secrets.ts'
import type { SidecarDecision } from '../injector/sidecar-decision.ts'
import type { Clock } from '../model/clock.ts'
import type { Logger } from '../model/logger.ts'
import { GATEWAY } from './addresses.ts'
import type { ControlPlane } from './control-plane.ts'
import { ENVOY_DIRECTORY } from './machine.ts'
import type { Pod } from './pod.ts'
import { renewalDelay } from './renewal-delay.ts'
import { retry } from './retry.ts'

export interface PodLifePorts {
  readonly controlPlane: Pick<ControlPlane, 'requestBootstrap'>
  readonly clock: Clock
  readonly log: Logger
}

/** Ends when the signal aborts. The pod's programs go on until the pod is closed, whatever becomes of the control plane. */
export async function livePod(
  pod: Pod,
  decision: Exclude<SidecarDecision, { readonly type: 'refuse' }>,
  { signal, ...ports }: PodLifePorts & { readonly signal: AbortSignal },
): Promise<void> {
  if (decision.type === 'skip') {
    ports.log.info('pod runs without a sidecar', { pod: pod.key, reason: decision.reason })
    pod.startContainers()
    return
  }
  let files = await requestBootstrap(pod, ports, signal)
  await pod.startEnvoy(files, decision.interception)
  pod.startContainers()
  while (!signal.aborted) {
    await ports.clock.sleep(renewalDelay(certificateOf(files), ports.clock.now()), signal)
    if (signal.aborted) return
    files = await requestBootstrap(pod, ports, signal)
    await pod.writeEnvoyFiles(files)
    ports.log.debug('xDS certificate renewed', { pod: pod.key })
  }
}

function requestBootstrap(
  pod: Pod,
  { controlPlane, clock, log }: PodLifePorts,
  signal: AbortSignal,
): Promise<readonly BootstrapFile[]> {
  const { namespace, name, serviceAccount } = pod.workload
  const { proxyUid } = pod.state
  if (proxyUid === undefined) throw new TypeError(`pod ${pod.key} has no proxy uid`)
  const asked = {
    ...{ namespace, name, serviceAccount, proxyUid },
    directory: ENVOY_DIRECTORY,
    controlPlaneHost: GATEWAY,
  }
  return retry(() => controlPlane.requestBootstrap(asked, signal), {
    what: 'the control plane gave no bootstrap; asking again',
    ...{ clock, log, signal },
  })
}

function certificateOf(files: readonly BootstrapFile[]): string {
  const file = files.find(({ name }) => name === CERTIFICATE_FILE)
  if (file === undefined) throw new TypeError(`the bootstrap has no ${CERTIFICATE_FILE}`)
  return file.content
}
