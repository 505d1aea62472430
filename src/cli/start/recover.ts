/** Brings a killed control plane back on what it left behind. */
import type { Row } from './report.ts'
import type { ScenarioTools } from './scenario-tools.ts'

const ASK_AGAIN_MS = 100

/** Resolves with how long it took until every Envoy was connected again. */
export async function recover(tools: ScenarioTools): Promise<Row> {
  const { controlPlane, client, clock, lab, signal } = tools
  const begunAt = clock.monotonic()
  controlPlane.restart()
  await controlPlane.ready(client, clock, signal)
  const wanted = lab.pods.filter((pod) => pod.proxyUid !== undefined).length
  for (;;) {
    signal.throwIfAborted()
    const connected = (await client.proxies(signal)).length
    const elapsed = Math.round(clock.monotonic() - begunAt)
    if (connected >= wanted || elapsed > LIMIT_MS)
      return {
        from: 'every Envoy',
        to: 'the restarted control plane',
        request: 'connect again',
        expected: `${wanted} connected`,
        seen: `${connected} after ${elapsed} ms`,
        ok: connected >= wanted,
      }
    await clock.sleep(ASK_AGAIN_MS, signal)
  }
}

/** Envoy waits up to three seconds between its attempts (the bootstrap says so). */
const LIMIT_MS = 30_000
