/** `POST /bootstraps`: what a pod's sidecar starts from. On the administrative socket only: whoever asks gets a certificate. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { CertificateAuthority } from '../../../ca/certificate-authority.ts'
import { issueBootstrap } from '../../../injector/issue-bootstrap.ts'
import type { Clock } from '../../../model/clock.ts'
import type { ClusterInventory } from '../../../model/cluster-inventory.ts'
import type { SpiffeId, TrustDomain } from '../../../model/spiffe-id.ts'
import type { MeshSettings } from '../../../policy/intent/mesh-settings.ts'

/** OSM's label that joins a pod, its bootstrap and its xDS certificate. */
const PROXY_UID = 'osm-proxy-uuid'

const BOOTSTRAP_REQUEST = z.strictObject({
  namespace: z.string(),
  name: z.string(),
  serviceAccount: z.string(),
  proxyUid: z.string().regex(/^[a-zA-Z0-9._-]{1,63}$/),
  /** Where Envoy will find the files. */
  directory: z.string(),
  /** Where the pod reaches the control plane. */
  controlPlaneHost: z.string(),
})

export interface BootstrapSubject {
  readonly authority: CertificateAuthority
  readonly trustDomain: TrustDomain
  readonly clock: Clock
  readonly controlPlaneId: SpiffeId
  readonly xdsPort: number
  inventory(): ClusterInventory | undefined
  mesh(): MeshSettings | undefined
}

export function bootstrapRoute(subject: BootstrapSubject): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.post('/bootstraps', async (request, reply) => {
      const read = BOOTSTRAP_REQUEST.safeParse(request.body)
      if (!read.success) return reply.code(400).send({ error: z.prettifyError(read.error) })
      const mesh = subject.mesh()
      if (mesh === undefined || !isKnown(subject.inventory(), read.data))
        return reply.code(409).send({
          error: `no pod ${read.data.namespace}/${read.data.name} of that proxy uid and service account is known here yet`,
        })
      const { proxyUid, directory, controlPlaneHost: host, namespace, serviceAccount } = read.data
      const controlPlane = { host, port: subject.xdsPort, spiffeId: subject.controlPlaneId }
      return await issueBootstrap(
        subject,
        {
          proxyUid,
          account: { namespace, name: serviceAccount },
          directory,
          settings: { controlPlane, tlsMinimum: mesh.tlsMinimum, tlsMaximum: mesh.tlsMaximum },
          validityMs: mesh.certificateValidityMs,
        },
        AbortSignal.timeout(10_000),
      )
    })
  }
}

/** The certificate will say who the pod is, so the cluster must say it first. */
function isKnown(
  inventory: ClusterInventory | undefined,
  asked: z.infer<typeof BOOTSTRAP_REQUEST>,
): boolean {
  return [...(inventory?.pods.values() ?? [])].some(
    (pod) =>
      pod.labels[PROXY_UID] === asked.proxyUid &&
      pod.namespace === asked.namespace &&
      pod.name === asked.name &&
      pod.account.name === asked.serviceAccount,
  )
}
