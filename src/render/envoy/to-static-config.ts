/**
 * One view as a configuration file that Envoy can be started with, or asked to validate: what a proxy fetches by name stands inline.
 */
import { type JsonObject, type JsonValue, toJson } from '@bufbuild/protobuf'
import { decodeResources, RESOURCE_SCHEMAS } from './decode-resource.ts'
import type { EnvoyResource, ResourceType, ViewResources } from './envoy-resource.ts'
import { ADMIN_PORT } from './names.ts'
import { TYPE_REGISTRY } from './type-registry.ts'

export interface StaticConfigInput {
  readonly resources: ViewResources
  /** The proxy's certificate and key. Without it the configuration is complete but for that one secret, and does not start. */
  readonly leaf?: EnvoyResource
}

/** Envoy's bootstrap, ready to be printed. Throws when a resource refers to one that is not there. */
export function toStaticConfig({ resources, leaf }: StaticConfigInput): JsonObject {
  const routes = resources.route.values()
  const secrets = [...resources.secret.values(), ...(leaf === undefined ? [] : [leaf])]
  const withRoutes = inlineRoutes(byName(toJsonObjects('route', routes), 'name'))
  const assignments = byName(toJsonObjects('endpoint', resources.endpoint.values()), 'cluster_name')
  return {
    admin: {
      address: { socket_address: { address: '127.0.0.1', port_value: ADMIN_PORT } },
    },
    static_resources: {
      listeners: toJsonObjects('listener', resources.listener.values()).map((listener) =>
        rewrite(listener, (object) => withRoutes(inlineSecret(object))),
      ),
      clusters: toJsonObjects('cluster', resources.cluster.values()).map((cluster) =>
        inlineEndpoints(rewrite(cluster, inlineSecret), assignments),
      ),
      secrets: toJsonObjects('secret', secrets),
    },
  }
}

/** With the field names of Envoy's documentation. */
export function toJsonObjects(
  type: ResourceType,
  resources: Iterable<EnvoyResource>,
): JsonObject[] {
  return decodeResources(type, resources).map((message) => {
    const json = toJson(RESOURCE_SCHEMAS[type], message as never, {
      registry: TYPE_REGISTRY,
      useProtoFieldName: true,
    })
    return json as JsonObject // every one of these messages is an object in JSON
  })
}

type ByName = ReadonlyMap<JsonValue | undefined, JsonObject>

function byName(objects: readonly JsonObject[], key: string): ByName {
  return new Map(objects.map((object) => [object[key], object]))
}

function found(objects: ByName, name: JsonValue | undefined): JsonObject {
  const object = objects.get(name)
  if (object === undefined) throw new Error(`${name} is referred to and is not there`)
  return object
}

/** Applies a change to every object inside a value, innermost first. */
function rewrite(value: JsonObject, change: (object: JsonObject) => JsonObject): JsonObject {
  const inside = (member: JsonValue): JsonValue => {
    if (Array.isArray(member)) return member.map(inside)
    return typeof member === 'object' && member !== null ? rewrite(member, change) : member
  }
  const members = Object.entries(value).map(([key, member]) => [key, inside(member)] as const)
  return change(Object.fromEntries(members))
}

/** A secret without a source is one of the static secrets. */
function inlineSecret(object: JsonObject): JsonObject {
  const { sds_config: source, ...rest } = object
  return source === undefined ? object : rest
}

function inlineRoutes(routes: ByName): (object: JsonObject) => JsonObject {
  return (object) => {
    const { rds, ...rest } = object
    if (typeof rds !== 'object' || rds === null || Array.isArray(rds)) return object
    return { ...rest, route_config: found(routes, rds['route_config_name']) }
  }
}

function inlineEndpoints(cluster: JsonObject, assignments: ByName): JsonObject {
  const { eds_cluster_config: eds, ...rest } = cluster
  if (eds === undefined) return cluster
  return { ...rest, type: 'STATIC', load_assignment: found(assignments, cluster['name']) }
}
