/** Every kind of the policy language. This is the only list of them. */

import { EGRESS } from './kinds/egress.ts'
import { EXTENSION_SERVICE } from './kinds/extension-service.ts'
import { HTTP_ROUTE_GROUP } from './kinds/http-route-group.ts'
import { INGRESS_BACKEND } from './kinds/ingress-backend.ts'
import type { KindDefinition } from './kinds/kind-definition.ts'
import { MESH_CONFIG } from './kinds/mesh-config.ts'
import { MESH_POLICY } from './kinds/mesh-policy.ts'
import { MESH_ROOT_CERTIFICATE } from './kinds/mesh-root-certificate.ts'
import { NAMESPACE } from './kinds/namespace.ts'
import { POLICY_TEST } from './kinds/policy-test.ts'
import { RETRY } from './kinds/retry.ts'
import { TCP_ROUTE } from './kinds/tcp-route.ts'
import { TELEMETRY } from './kinds/telemetry.ts'
import { TRAFFIC_SPLIT } from './kinds/traffic-split.ts'
import { TRAFFIC_TARGET } from './kinds/traffic-target.ts'
import { UPSTREAM_TRAFFIC_SETTING } from './kinds/upstream-traffic-setting.ts'

export const KINDS: readonly KindDefinition[] = [
  NAMESPACE,
  TRAFFIC_TARGET,
  HTTP_ROUTE_GROUP,
  TCP_ROUTE,
  TRAFFIC_SPLIT,
  EGRESS,
  INGRESS_BACKEND,
  UPSTREAM_TRAFFIC_SETTING,
  RETRY,
  TELEMETRY,
  EXTENSION_SERVICE,
  MESH_CONFIG,
  MESH_ROOT_CERTIFICATE,
  MESH_POLICY,
  POLICY_TEST,
]
