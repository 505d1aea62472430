/** What the xDS server counts. Convergence is measured to the ACK, not to the send. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Ms } from '../model/clock.ts'
import type { ResourceType } from '../render/envoy/envoy-resource.ts'

/** From a loopback ACK to a proxy that warms clusters for as long as it may. */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]

export class XdsMetrics {
  readonly #sent: Counter<'type'>
  readonly #bytes: Counter<'type'>
  readonly #acked: Counter<'type'>
  readonly #nacked: Counter<'type'>
  readonly #refused: Counter<'reason'>
  readonly #ackSeconds: Histogram<'type'>
  readonly #convergenceSeconds: Histogram

  constructor(registry: Registry, proxies: () => number) {
    const registers = [registry]
    new Gauge({
      name: 'plumbline_xds_proxies',
      help: 'Streams that are open now.',
      registers,
      collect() {
        this.set(proxies())
      },
    })
    const counter = <Label extends string>(name: string, help: string, label: Label) =>
      new Counter({ name, help, labelNames: [label], registers })
    this.#sent = counter('plumbline_xds_pushes_total', 'Responses sent.', 'type')
    this.#bytes = counter('plumbline_xds_sent_bytes_total', 'Bytes of responses sent.', 'type')
    this.#acked = counter('plumbline_xds_acks_total', 'Responses that proxies accepted.', 'type')
    this.#nacked = counter('plumbline_xds_nacks_total', 'Responses that proxies rejected.', 'type')
    this.#refused = counter(
      'plumbline_xds_refused_total',
      'Connections and streams turned away or closed, by reason.',
      'reason',
    )
    this.#ackSeconds = new Histogram({
      name: 'plumbline_xds_ack_seconds',
      help: 'From a response to its ACK.',
      labelNames: ['type'],
      buckets: BUCKETS,
      registers,
    })
    this.#convergenceSeconds = new Histogram({
      name: 'plumbline_xds_convergence_seconds',
      help: 'From the publication of a commit until a proxy that it touches has ACKed all of it.',
      buckets: BUCKETS,
      registers,
    })
  }

  sent(type: ResourceType, bytes: number): void {
    this.#sent.inc({ type })
    this.#bytes.inc({ type }, bytes)
  }

  acked(type: ResourceType, afterMs: Ms): void {
    this.#acked.inc({ type })
    this.#ackSeconds.observe({ type }, afterMs / 1_000)
  }

  nacked(type: ResourceType): void {
    this.#nacked.inc({ type })
  }

  converged(afterMs: Ms): void {
    this.#convergenceSeconds.observe(afterMs / 1_000)
  }

  refused(reason: string): void {
    this.#refused.inc({ reason })
  }
}
