/** Validation contexts: the roots, and for a client the accounts that may answer. */
import { create } from '@bufbuild/protobuf'
import { SubjectAltNameMatcher_SanType } from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.js'
import { SecretSchema } from '../../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js'
import { fromAccountKey, type ServiceAccount } from '../../model/service-account.ts'
import { type TrustDomain, toSpiffeId } from '../../model/spiffe-id.ts'
import type { Upstream } from '../mesh/mesh-snapshot.ts'
import type { EnvoyResource, ResourceName } from './envoy-resource.ts'
import { inboundValidationName, outboundValidationName } from './names.ts'
import { toResource } from './to-resource.ts'

export interface TrustAnchors {
  readonly trustDomain: TrustDomain
  /** Every root that is trusted, PEM. */
  readonly trustBundlePem: string
}

/** Any identity that a root vouches for: which of them may call is RBAC's to say. */
export function inboundValidation(server: ServiceAccount, anchors: TrustAnchors): EnvoyResource {
  return toValidation(inboundValidationName(server), anchors, [])
}

export function outboundValidation(
  { service, accounts }: Upstream,
  anchors: TrustAnchors,
): EnvoyResource {
  const { trustDomain } = anchors
  const names = accounts.map((account) => toSpiffeId(trustDomain, fromAccountKey(account)))
  // An empty list would mean that nothing is checked; no authority of ours signs this name.
  const expected = names.length > 0 ? names : [`spiffe://${trustDomain}/nobody`]
  return toValidation(outboundValidationName(service.name), anchors, expected)
}

function toValidation(
  name: ResourceName,
  { trustBundlePem }: TrustAnchors,
  spiffeIds: readonly string[],
): EnvoyResource {
  const secret = create(SecretSchema, {
    name,
    type: {
      case: 'validationContext',
      value: {
        trustedCa: { specifier: { case: 'inlineString', value: trustBundlePem } },
        matchTypedSubjectAltNames: spiffeIds.map((id) => ({
          sanType: SubjectAltNameMatcher_SanType.URI,
          matcher: { matchPattern: { case: 'exact' as const, value: id } },
        })),
      },
    },
  })
  return toResource({ type: 'secret', name }, SecretSchema, secret)
}
