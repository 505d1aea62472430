/** A real xDS server on a loopback port, on a clock that the test steps, with a source that the test sets. */
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import { toCommitSha } from '../../../src/model/commit-sha.ts'
import { toSpiffeId, toTrustDomain } from '../../../src/model/spiffe-id.ts'
import type { EnvoyResource, ViewResources } from '../../../src/render/envoy/envoy-resource.ts'
import type { CommitOf } from '../../../src/xds/enforcement.ts'
import type { XdsLimits } from '../../../src/xds/xds-limits.ts'
import { XdsServer } from '../../../src/xds/xds-server.ts'
import type { Admission, ProxyIdentity, XdsSource } from '../../../src/xds/xds-source.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { AdsClient, type AdsClientOptions } from './ads-client.ts'
import { aResource, aView, type ViewContent } from './builders.ts'
import { type ClientIdentity, WirePki } from './wire-pki.ts'

export const TRUST_DOMAIN = toTrustDomain('mesh.example')

export const WEB: ProxyIdentity = {
  spiffeId: toSpiffeId(TRUST_DOMAIN, { namespace: 'shop', name: 'web' }),
  account: { namespace: 'shop', name: 'web' },
  proxyUid: 'uid-1',
}

export class TestSource implements XdsSource {
  readonly views = new Map<string, ViewResources>()
  /** How often each view was asked for. */
  readonly asked: string[] = []
  admission: (proxy: ProxyIdentity) => Admission = ({ account }) => ({
    type: 'admitted',
    view: account.name,
  })
  issue: (proxy: ProxyIdentity) => Promise<EnvoyResource> = ({ account }) =>
    Promise.resolve(
      aResource('secret', `service-cert:${account.namespace}/${account.name}`, 'leaf 1'),
    )
  readonly renewals: ((leaf: EnvoyResource) => void)[] = []

  admit(proxy: ProxyIdentity): Admission {
    return this.admission(proxy)
  }

  resources(view: string): ViewResources {
    this.asked.push(view)
    const resources = this.views.get(view)
    if (resources === undefined) throw new Error(`no view ${view}`)
    return resources
  }

  leaf(proxy: ProxyIdentity, renewed: (leaf: EnvoyResource) => void): Promise<EnvoyResource> {
    this.renewals.push(renewed)
    return this.issue(proxy)
  }
}

export class WireServer {
  readonly clock = new FakeClock(Date.now())
  readonly log = new RecordingLogger()
  readonly registry = new Registry()
  readonly source = new TestSource()
  readonly pki = new WirePki()
  readonly server: XdsServer
  port = 0
  #commits = 0

  constructor(
    options: { readonly limits?: Partial<XdsLimits>; readonly plaintext?: boolean } = {},
  ) {
    const { clock, log, registry, source } = this
    this.server = new XdsServer({
      source,
      trustDomain: TRUST_DOMAIN,
      credentials: options.plaintext
        ? { type: 'plaintext', everybodyIs: WEB }
        : { type: 'mtls', server: this.pki.server() },
      clock,
      log,
      registry,
      // Without a debounce, as tests publish in no time at all.
      limits: { quietMs: 0, ...options.limits },
    })
  }

  async listen(): Promise<this> {
    const { port } = await this.server.listen({ host: '127.0.0.1', port: 0 })
    this.port = port
    onTestFinished(() => this.server.close(AbortSignal.abort()))
    return this
  }

  /** Publishes these views as a commit of their own, and answers which. */
  publish(views: Readonly<Record<string, ViewContent>>): CommitOf {
    for (const [id, content] of Object.entries(views)) this.source.views.set(id, aView(content))
    this.#commits += 1
    const commit = toCommitSha(String(this.#commits).padStart(40, '0'))
    const published = { repository: 'policies', commit }
    this.server.publish(published)
    return published
  }

  /** A client that is the proxy `uid-1` of account `web` unless told otherwise. */
  client(identity: ClientIdentity = this.pki.leaf(), options: Partial<AdsClientOptions> = {}) {
    const client = new AdsClient({
      port: this.port,
      tls: { rootPem: this.pki.rootPem, identity },
      ...options,
    })
    onTestFinished(() => client.close())
    return client
  }

  metric(name: string): Promise<string> {
    return this.registry.getSingleMetricAsString(name)
  }
}

/** Waits for what real sockets bring about. The test's own time limit bounds it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
