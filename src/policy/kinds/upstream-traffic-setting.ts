/** UpstreamTrafficSetting: connection limits and rate limits for one host. */
import type { z } from 'zod'
import type { Problem } from '../../model/problem.ts'
import { type ServiceName, toServiceFqdn } from '../../model/service-name.ts'
import type { UpstreamSettingIntent } from '../intent/upstream-setting-intent.ts'
import { isDnsSubdomain, shorten } from './fields/names.ts'
import { parseServiceReference } from './fields/service-reference.ts'
import {
  canonicalVersion,
  type Declaration,
  defineKind,
  type Linked,
  type LinkScope,
  type Read,
  soleClaim,
} from './kind-definition.ts'
import { egressHostSlot, egressSettingSlot, pathRegexSlot } from './slots.ts'
import { v1alpha1 } from './upstream-traffic-setting-schema.ts'

type Body = z.output<typeof v1alpha1>

interface UpstreamPart {
  readonly setting: UpstreamSettingIntent
  /** Absent for a host outside the mesh. */
  readonly service: ServiceName | undefined
}

export const UPSTREAM_TRAFFIC_SETTING = defineKind<Body, UpstreamPart>({
  group: 'policy.openservicemesh.io',
  kind: 'UpstreamTrafficSetting',
  plural: 'upstreamtrafficsettings',
  summary: 'Connection limits and rate limits for one host',
  namespaced: true,
  enforced: false,
  actsOnNamespace: true,
  versions: [canonicalVersion('v1alpha1', v1alpha1)],
  read,
  link,
})

function read(declaration: Declaration<Body>): Read<UpstreamPart> {
  const { id, location, body } = declaration
  const written = body.spec.host.toLowerCase()
  const service = serviceOf(written, id.namespace)
  const host = service === undefined ? written : toServiceFqdn(service)
  const spec = { ...body.spec, host }
  return {
    part: { setting: { id, location, host, spec }, service },
    problems: [...judgeHost(declaration, host), ...judgeRoutes(declaration)],
    applied: { spec },
    claims: [
      soleClaim(`upstream setting ${id.namespace} ${host}`, ['spec', 'host'], (first) => ({
        code: 'PLB0603',
        message: `UpstreamTrafficSetting ${first.id.name} already sets the limits of ${host}`,
        fix: 'join the two',
      })),
    ],
  }
}

/** D7, as far as a name can be told from a host outside: without dots, in the own namespace, or with `.svc` in it. */
function serviceOf(host: string, namespace: string): ServiceName | undefined {
  const parsed = parseServiceReference(host, namespace)
  if (!parsed.ok) return undefined
  const isService =
    !host.includes('.') || host.includes('.svc') || parsed.value.namespace === namespace
  return isService ? parsed.value : undefined
}

function judgeHost({ place }: Declaration<Body>, host: string): readonly Problem[] {
  if (isDnsSubdomain(host)) return []
  return [
    place.problem(['spec', 'host'], {
      code: 'PLB0532',
      message: `${JSON.stringify(shorten(host))} is not a host: the name of a Service or a DNS name is expected`,
      fix: 'write a name such as bookstore.bookstore.svc.cluster.local',
    }),
  ]
}

function judgeRoutes({ body, place }: Declaration<Body>): readonly Problem[] {
  const seen = new Map<string, number>()
  return (body.spec.httpRoutes ?? []).flatMap(({ path }, index) => {
    const first = seen.get(path)
    if (first === undefined) {
      seen.set(path, index)
      return []
    }
    return [
      place.problem(['spec', 'httpRoutes', index, 'path'], {
        code: 'PLB0567',
        message: `${JSON.stringify(shorten(path))} has settings already`,
        fix: 'join the two',
        related: [place.locate(['spec', 'httpRoutes', first])],
      }),
    ]
  })
}

function link(part: UpstreamPart, declaration: Declaration<Body>, scope: LinkScope): Linked {
  return {
    problems: [
      ...judgeNamespace(part, declaration, scope),
      ...routesWithoutEffect(part, declaration, scope),
    ],
    contribute: (draft) => draft.upstreamSettings.set(declaration.key, part.setting),
  }
}

/** D27. */
function judgeNamespace(
  { service, setting: { host } }: UpstreamPart,
  { id, place }: Declaration<Body>,
  scope: LinkScope,
): readonly Problem[] {
  if (service?.namespace === id.namespace) return []
  const named =
    scope.claimant(egressHostSlot(id.namespace, host)) ??
    scope.claimant(egressSettingSlot(id.namespace, id.name))
  if (named !== undefined) return []
  return [
    place.problem(['spec', 'host'], {
      code: 'PLB0565',
      message: `${host} is not a Service of ${id.namespace}, and no Egress of ${id.namespace} names it, so the limits would hold for nobody`,
      fix:
        service === undefined
          ? `name the host in an Egress of ${id.namespace}`
          : `move the object to the namespace ${service.namespace}`,
    }),
  ]
}

/** D33: the path is compared as text with the pathRegex of a match. `.*` is what permissive mode has. */
function routesWithoutEffect(
  { service }: UpstreamPart,
  { body, place }: Declaration<Body>,
  scope: LinkScope,
): readonly Problem[] {
  if (service === undefined) return []
  return (body.spec.httpRoutes ?? []).flatMap(({ path }, index) => {
    if (path === '.*') return []
    if (scope.claimant(pathRegexSlot(service.namespace, path)) !== undefined) return []
    return [
      place.problem(['spec', 'httpRoutes', index, 'path'], {
        code: 'PLB0613',
        message: `no match of an HTTPRouteGroup in ${service.namespace} has the pathRegex ${JSON.stringify(shorten(path))}, so these limits never hold`,
        fix: 'write the pathRegex as the match has it, letter by letter',
      }),
    ]
  })
}
