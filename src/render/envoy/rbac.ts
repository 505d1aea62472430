/** Who may connect and who may ask what, as Envoy's RBAC filters enforce it. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import {
  type PermissionSchema,
  type PolicySchema,
  type PrincipalSchema,
  RBAC_Action,
  RBACSchema,
} from '../../generated/envoy/config/rbac/v3/rbac_pb.js'
import { RBACPerRouteSchema } from '../../generated/envoy/extensions/filters/http/rbac/v3/rbac_pb.js'
import { RBACSchema as NetworkRbacSchema } from '../../generated/envoy/extensions/filters/network/rbac/v3/rbac_pb.js'
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type AccountKey, fromAccountKey } from '../../model/service-account.ts'
import { type TrustDomain, toSpiffeId } from '../../model/spiffe-id.ts'
import type { ConnectionRule, HttpRule, InboundTarget } from '../mesh/mesh-snapshot.ts'
import { isHttp } from '../mesh/protocol-of.ts'
import { toPermission } from './match-condition.ts'
import { pack } from './pack.ts'

type Permission = MessageInitShape<typeof PermissionSchema>
type Principal = MessageInitShape<typeof PrincipalSchema>
type Policy = MessageInitShape<typeof PolicySchema>

const ANYTHING: Permission = { rule: { case: 'any', value: true } }

/** A rule that is restricted to a port (D22) counts on that one only. */
export function appliesTo(rule: { readonly port?: number }, targetPort: number): boolean {
  return rule.port === undefined || rule.port === targetPort
}

/**
 * Connections to one target port. On an HTTP port whoever has an HTTP rule may connect, and the requests are judged one by one;
 * on any other port a TCPRoute must open it (D17).
 */
export function networkRbac(
  rules: readonly ConnectionRule[],
  { targetPort, protocol }: Pick<InboundTarget, 'targetPort' | 'protocol'>,
  trustDomain: TrustDomain,
): Any {
  const counted = rules.filter((rule) => appliesTo(rule, targetPort))
  const opening = isHttp(protocol)
    ? counted.filter((rule) => rule.opensHttp)
    : counted.filter(({ tcpPorts }) => tcpPorts === 'any' || tcpPorts.includes(targetPort))
  const permission: Permission = isHttp(protocol)
    ? ANYTHING
    : { rule: { case: 'destinationPort', value: targetPort } }
  return pack(NetworkRbacSchema, {
    statPrefix: 'network-',
    rules: allowOnly(
      opening.map((rule) => [rule, permission]),
      trustDomain,
    ),
  })
}

/**
 * Requests to one target port: all rules at once, for every route of the virtual host. A request that one rule does not allow may
 * be allowed by another, so no route may judge by its own rule alone (D14).
 */
export function httpRbac(rules: readonly HttpRule[], trustDomain: TrustDomain): Any {
  const policies = rules.map((rule) => [rule, toPermission(rule)] as const)
  return pack(RBACPerRouteSchema, { rbac: { rules: allowOnly(policies, trustDomain) } })
}

interface NamedRule {
  readonly name: string
  readonly principals: readonly AccountKey[]
}

/**
 * Denies what no policy allows. The rules are always set: left out, the filter would allow everything. A rule without principals
 * has no policy, because it allows nobody (D16).
 */
function allowOnly(
  rules: readonly (readonly [NamedRule, Permission])[],
  trustDomain: TrustDomain,
): ReturnType<typeof create<typeof RBACSchema>> {
  const policies: Record<string, Policy> = {}
  for (const [{ name, principals }, permission] of sorted(rules))
    if (principals.length > 0)
      policies[name] = {
        permissions: [permission],
        principals: principals.map((key) => toPrincipal(key, trustDomain)),
      }
  return create(RBACSchema, { action: RBAC_Action.ALLOW, policies })
}

function sorted<T extends readonly [NamedRule, unknown]>(rules: readonly T[]): readonly T[] {
  return rules.toSorted(([a], [b]) => byCodeUnit(a.name, b.name))
}

/** Envoy compares the name with the URI SANs of the peer's verified certificate first. */
function toPrincipal(key: AccountKey, trustDomain: TrustDomain): Principal {
  const spiffeId = toSpiffeId(trustDomain, fromAccountKey(key))
  return {
    identifier: {
      case: 'authenticated',
      value: { principalName: { matchPattern: { case: 'exact', value: spiffeId } } },
    },
  }
}
