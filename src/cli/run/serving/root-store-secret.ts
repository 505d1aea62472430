/** The root store on a cluster: one Secret, created once and then read back, so that every replica signs with the same root. */
import type { RootStore, StoredRoots } from '../../../ca/root-store.ts'
import type { KubernetesObject } from '../../../model/kubernetes-object.ts'
import type { ObjectId } from '../../../model/object-id.ts'
import { type Cluster, ClusterError } from '../../../reconciler/cluster.ts'

/** OSM's names: the Secret and its keys `ca.crt` and `private.key`. */
const SECRET_NAME = 'osm-ca-bundle'
const SEQUENCE = 'plumbline.dev/bundle-sequence'
const FIELD_MANAGER = 'plumbline-ca'

/** Where the root of the mesh is kept. */
export function rootSecretId(namespace: string): ObjectId {
  return { group: '', version: 'v1', kind: 'Secret', namespace, name: SECRET_NAME }
}

export function secretRootStore(cluster: Cluster, namespace: string): RootStore {
  const id = rootSecretId(namespace)
  return {
    async load() {
      const secret = await cluster.get(id)
      return secret === undefined ? undefined : readSecret(secret)
    },
    async create(roots) {
      try {
        await cluster.create(writeSecret(id, roots), { fieldManager: FIELD_MANAGER })
        return 'created'
      } catch (error) {
        if (error instanceof ClusterError && error.code === 'AlreadyExists') return 'exists'
        throw error
      }
    },
  }
}

function writeSecret(id: ObjectId, roots: StoredRoots): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: id.name,
      namespace: id.namespace,
      annotations: { [SEQUENCE]: String(roots.sequence) },
    },
    type: 'Opaque',
    data: {
      'ca.crt': toBase64(roots.signing.certificatePem),
      'private.key': toBase64(roots.signing.privateKeyPem),
      'trusted.crt': toBase64(roots.trustedPem.join('')),
    },
  }
}

function readSecret(secret: KubernetesObject): StoredRoots {
  const data = secret['data'] as Readonly<Record<string, string>> | undefined
  const certificatePem = fromBase64(data?.['ca.crt'])
  const trusted = fromBase64(data?.['trusted.crt']) || certificatePem
  return {
    sequence: Number(secret.metadata.annotations?.[SEQUENCE] ?? 1),
    signing: { certificatePem, privateKeyPem: fromBase64(data?.['private.key']) },
    trustedPem:
      trusted.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/g) ?? [],
  }
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function fromBase64(text: string | undefined): string {
  return Buffer.from(text ?? '', 'base64').toString('utf8')
}
