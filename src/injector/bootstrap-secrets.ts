/**
 * The two secrets of the connection to the control plane, which cannot come over that connection: files, named as OSM
 * names them, which Envoy reads again whenever something is renamed into their directory.
 */
import type { SpiffeId } from '../model/spiffe-id.ts'

interface FileSecret {
  readonly name: string
  readonly file: string
}

export const TLS_SECRET: FileSecret = {
  name: 'tls_sds',
  file: 'tls_certificate_sds_secret.json',
}
export const VALIDATION_SECRET: FileSecret = {
  name: 'validation_context_sds',
  file: 'validation_context_sds_secret.json',
}
export const CERTIFICATE_FILE = 'sds_cert.pem'
export const KEY_FILE = 'sds_key.pem'
export const ROOTS_FILE = 'cacert.pem'

type Json = Readonly<Record<string, unknown>>

/**
 * Where Envoy looks for a secret (SdsSecretConfig). The directory is watched, not the file: the kubelet changes a Secret's
 * files by renaming one link above them. What the secret names is read again together with it.
 */
export function toSdsConfig(secret: FileSecret, directory: string): Json {
  return {
    name: secret.name,
    sds_config: {
      path_config_source: {
        path: `${directory}/${secret.file}`,
        watched_directory: { path: directory },
      },
      resource_api_version: 'V3',
    },
  }
}

/** The file of the proxy's own certificate. */
export function toTlsSecret(directory: string): Json {
  return toSecretFile({
    name: TLS_SECRET.name,
    tls_certificate: {
      certificate_chain: { filename: `${directory}/${CERTIFICATE_FILE}` },
      private_key: { filename: `${directory}/${KEY_FILE}` },
    },
  })
}

/** The file of what the control plane must prove: a chain to the mesh's roots, and its own identity, exactly. */
export function toValidationSecret(directory: string, controlPlane: SpiffeId): Json {
  return toSecretFile({
    name: VALIDATION_SECRET.name,
    validation_context: {
      trusted_ca: { filename: `${directory}/${ROOTS_FILE}` },
      // OSM leaves this out: there, any workload's certificate can play the control plane.
      match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: controlPlane } }],
    },
  })
}

/** A DiscoveryResponse, as the file form of xDS has it. */
function toSecretFile(secret: Json): Json {
  return {
    resources: [
      {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
        ...secret,
      },
    ],
  }
}
