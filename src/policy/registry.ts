/** Every kind of the policy language. This is the only list of them. */
import { HTTP_ROUTE_GROUP } from './kinds/http-route-group.ts'
import type { KindDefinition } from './kinds/kind-definition.ts'
import { MESH_CONFIG } from './kinds/mesh-config.ts'
import { MESH_POLICY } from './kinds/mesh-policy.ts'
import { NAMESPACE } from './kinds/namespace.ts'
import { POLICY_TEST } from './kinds/policy-test.ts'
import { TCP_ROUTE } from './kinds/tcp-route.ts'
import { TRAFFIC_SPLIT } from './kinds/traffic-split.ts'
import { TRAFFIC_TARGET } from './kinds/traffic-target.ts'

export const KINDS: readonly KindDefinition[] = [
  NAMESPACE,
  TRAFFIC_TARGET,
  HTTP_ROUTE_GROUP,
  TCP_ROUTE,
  TRAFFIC_SPLIT,
  MESH_CONFIG,
  MESH_POLICY,
  POLICY_TEST,
]
