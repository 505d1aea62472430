/** The serving half of the control plane: identities, certificates and the xDS server, over what the mesh is known to be. */
import type { Registry } from 'prom-client'
import type { CertificateAuthority } from '../../../ca/certificate-authority.ts'
import { openBuiltInAuthority } from '../../../ca/certificate-authority-builtin.ts'
import { SvidRotation } from '../../../ca/svid-rotation.ts'
import type { Ms } from '../../../model/clock.ts'
import type { Cluster } from '../../../reconciler/cluster.ts'
import { XdsServer } from '../../../xds/xds-server.ts'
import type { RunOptions } from '../run-options.ts'
import type { Shell } from '../shell.ts'
import { CONTROL_NAMESPACE, serverIdentity } from './control-plane-identity.ts'
import type { LiveWeights } from './live-weights.ts'
import { MeshSource } from './mesh-source.ts'
import { secretRootStore } from './root-store-secret.ts'

/** Until a commit says otherwise. */
const DEFAULT_VALIDITY_MS = 24 * 60 * 60 * 1000

export interface ServingOptions {
  readonly run: RunOptions
  readonly shell: Shell
  /** Where the root's Secret is. */
  readonly cluster: Cluster
  readonly registry: Registry
  readonly weights: LiveWeights
}

export class Serving {
  readonly mesh: MeshSource
  readonly xds: XdsServer
  /** Where it listens: the system has chosen, where 0 was asked for. */
  readonly xdsPort: number
  readonly authority: CertificateAuthority
  readonly #closing: AbortController

  /** Listens, and answers nobody before the mesh is synced. Rejects when the port or the root's Secret cannot be had. */
  static async start({ run, shell, cluster, registry, weights }: ServingOptions): Promise<Serving> {
    const { trustDomain } = run
    const closing = new AbortController()
    const store = secretRootStore(cluster, CONTROL_NAMESPACE)
    const authority = await openBuiltInAuthority({ ...shell, store, trustDomain })
    const svids = new SvidRotation({
      ...{ ...shell, authority, trustDomain },
      validityMs: (): Ms => mesh.mesh?.mesh.certificateValidityMs ?? DEFAULT_VALIDITY_MS,
    })
    const mesh: MeshSource = new MeshSource({
      ...{ trustDomain, svids, weights },
      trustBundlePem: () => authority.bundle().rootsPem.join(''),
      publish: (of) => xds.publish(of),
      republish: () => xds.republish(),
    })
    const server = await serverIdentity(
      { authority, svids },
      (renewed) => xds.rotate(renewed),
      closing.signal,
    )
    const credentials = { type: 'mtls', server } as const
    const xds: XdsServer = new XdsServer({
      ...shell,
      source: mesh,
      trustDomain,
      credentials,
      registry,
    })
    const { port: xdsPort } = await xds.listen(run.xds)
    return new Serving({ mesh, xds, xdsPort, authority }, closing)
  }

  private constructor(
    { mesh, xds, xdsPort, authority }: Pick<Serving, 'mesh' | 'xds' | 'xdsPort' | 'authority'>,
    closing: AbortController,
  ) {
    this.mesh = mesh
    this.xds = xds
    this.xdsPort = xdsPort
    this.authority = authority
    this.#closing = closing
  }

  /** Aborts when serving has ended. */
  get signal(): AbortSignal {
    return this.#closing.signal
  }

  async close(): Promise<void> {
    await this.xds.close()
    this.#closing.abort(new Error('the control plane is shutting down'))
  }
}
