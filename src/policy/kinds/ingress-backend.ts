/** IngressBackend: who outside the mesh may reach which ports of a service. */
import { z } from 'zod'
import type { Problem } from '../../model/problem.ts'
import { toServiceKey } from '../../model/service-name.ts'
import type { IngressBackendPort, IngressPolicy, IngressSource } from '../intent/ingress-policy.ts'
import { judgeCidr } from './fields/cidr.ts'
import { hostField } from './fields/host.ts'
import { namespaceName } from './fields/names.ts'
import { port } from './fields/ports.ts'
import { protocolField } from './fields/protocol.ts'
import { judgeIngressSecurity } from './ingress-security.ts'
import {
  canonicalVersion,
  type Declaration,
  defineKind,
  type Read,
  soleClaim,
} from './kind-definition.ts'

const v1alpha1 = z.strictObject({
  spec: z.strictObject({
    backends: z
      .array(
        z.strictObject({
          name: namespaceName,
          port: z.strictObject({ number: port, protocol: protocolField(['http', 'https']) }),
          tls: z
            .strictObject({
              skipClientCertValidation: z.boolean().optional(),
              sniHosts: z.array(hostField).optional(),
            })
            .optional(),
        }),
      )
      .min(1),
    sources: z.array(
      z.strictObject({
        kind: z.enum(['Service', 'AuthenticatedPrincipal', 'IPRange']),
        name: z.string().min(1),
        namespace: namespaceName.optional(),
      }),
    ),
    // Every mesh accepted and dropped them; that gets a sentence of its own.
    matches: z.array(z.unknown()).optional(),
  }),
})

type Body = z.output<typeof v1alpha1>

export const INGRESS_BACKEND = defineKind<Body, IngressPolicy>({
  group: 'policy.openservicemesh.io',
  kind: 'IngressBackend',
  plural: 'ingressbackends',
  summary: 'Who outside the mesh may reach which ports of a service',
  namespaced: true,
  enforced: false,
  actsOnNamespace: true,
  versions: [canonicalVersion('v1alpha1', v1alpha1)],
  read,
  link: (part, { key }) => ({
    problems: [],
    contribute: (draft) => draft.ingress.set(key, part),
  }),
})

function read(declaration: Declaration<Body>): Read<IngressPolicy> {
  const { id, location, body } = declaration
  const { found: sources, problems: sourceProblems } = readSources(declaration)
  const backends = readBackends(declaration)
  const policy = { id, location, backends, sources }
  return {
    part: policy,
    problems: [
      ...sourceProblems,
      ...judgeMatches(declaration),
      ...(sourceProblems.length > 0 ? [] : judgeIngressSecurity(policy, declaration)),
    ],
    applied: {
      spec: {
        ...body.spec,
        backends: body.spec.backends.map((backend) => ({
          ...backend,
          port: { ...backend.port, protocol: backend.port.protocol.toLowerCase() },
        })),
      },
    },
    claims: backends.map(({ service, port: number }, index) => {
      const what = `${toServiceKey(service)}:${number}`
      return soleClaim(`ingress ${what}`, ['spec', 'backends', index], (first) => ({
        code: 'PLB0602',
        message: `IngressBackend ${first.id.name} already opens ${what}, and a port has one set of sources`,
        fix: 'join the two',
      }))
    }),
  }
}

function readBackends({ id, place, body }: Declaration<Body>): readonly IngressBackendPort[] {
  return body.spec.backends.map(({ name, port: { number, protocol }, tls }, index) => ({
    service: { namespace: id.namespace, name },
    port: number,
    protocol: protocol.toLowerCase() === 'https' ? 'https' : 'http',
    skipClientCertValidation: tls?.skipClientCertValidation ?? false,
    sniHosts: tls?.sniHosts ?? [],
    location: place.locate(['spec', 'backends', index]),
  }))
}

function readSources(declaration: Declaration<Body>): {
  found: readonly IngressSource[]
  problems: readonly Problem[]
} {
  const found: IngressSource[] = []
  const problems: Problem[] = []
  declaration.body.spec.sources.forEach((source, index) => {
    const path = ['spec', 'sources', index]
    const location = declaration.place.locate(path)
    const { kind, name, namespace } = source
    if (kind === 'AuthenticatedPrincipal') found.push({ type: 'principal', name, location })
    else if (kind === 'IPRange') {
      const text = judgeCidr(name)
      if (text !== undefined) problems.push(declaration.place.problem([...path, 'name'], text))
      found.push({ type: 'range', cidr: name, location })
    } else if (namespace === undefined) {
      problems.push(declaration.place.problem(path, sourceNamespace(name)))
    } else found.push({ type: 'service', service: { namespace, name }, location })
  })
  return { found, problems }
}

/** D4 has the object's own namespace stand in for accounts; an ingress gateway is never in it, so a guess would be wrong. */
function sourceNamespace(name: string) {
  return {
    code: 'PLB0311',
    message: `the source Service ${name} has no namespace`,
    fix: 'add the namespace that the gateway runs in',
  } as const
}

function judgeMatches({ body, place }: Declaration<Body>): readonly Problem[] {
  if (body.spec.matches === undefined || body.spec.matches.length === 0) return []
  return [
    place.problem(['spec', 'matches'], {
      code: 'PLB0563',
      message:
        'matches of an IngressBackend were never honoured by any mesh, so every request is let in that reaches the port',
      fix: 'remove matches, and limit the requests at the gateway',
    }),
  ]
}
