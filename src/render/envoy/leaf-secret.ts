/** A proxy's own certificate and key, as it is told them. */
import { create } from '@bufbuild/protobuf'
import { SecretSchema } from '../../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js'
import type { ServiceAccount } from '../../model/service-account.ts'
import type { EnvoyResource } from './envoy-resource.ts'
import { leafSecretName } from './names.ts'
import { toResource } from './to-resource.ts'

export interface Leaf {
  readonly account: ServiceAccount
  /** Leaf first, then intermediates. */
  readonly chainPem: string
  /** Secret: the resource made of it goes to the proxy it belongs to, and nowhere else. */
  readonly keyPem: string
}

export function toLeafSecret({ account, chainPem, keyPem }: Leaf): EnvoyResource {
  const name = leafSecretName(account)
  const secret = create(SecretSchema, {
    name,
    type: {
      case: 'tlsCertificate',
      value: {
        certificateChain: { specifier: { case: 'inlineString', value: chainPem } },
        privateKey: { specifier: { case: 'inlineString', value: keyPem } },
      },
    },
  })
  return toResource({ type: 'secret', name }, SecretSchema, secret)
}
