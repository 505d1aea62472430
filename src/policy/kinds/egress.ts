/** Egress: which service accounts may reach which hosts outside the mesh. */
import { z } from 'zod'
import type { Problem } from '../../model/problem.ts'
import type { EgressPolicy, EgressPort } from '../intent/egress-policy.ts'
import { type EgressPart, linkEgress } from './egress-link.ts'
import { cidrV4 } from './fields/cidr.ts'
import { hostField } from './fields/host.ts'
import { namespaceName, objectName } from './fields/names.ts'
import { port } from './fields/ports.ts'
import { protocolField } from './fields/protocol.ts'
import { canonicalVersion, type Declaration, defineKind, type Read } from './kind-definition.ts'
import { egressHostSlot, egressSettingSlot } from './slots.ts'

const PROTOCOLS = ['http', 'https', 'tcp', 'tcp-server-first'] as const

const v1alpha1 = z.strictObject({
  spec: z.strictObject({
    sources: z.array(
      z.strictObject({
        kind: z.enum(['ServiceAccount']),
        name: objectName,
        namespace: namespaceName.optional(),
      }),
    ),
    hosts: z.array(hostField).optional(),
    ipAddresses: z.array(cidrV4).optional(),
    ports: z.array(z.strictObject({ number: port, protocol: protocolField(PROTOCOLS) })).min(1),
    matches: z
      .array(
        z.strictObject({
          apiGroup: z.string().optional(),
          kind: z.enum(['HTTPRouteGroup', 'UpstreamTrafficSetting']),
          name: objectName,
        }),
      )
      .optional(),
  }),
})

type Body = z.output<typeof v1alpha1>

const GROUP_OF = {
  HTTPRouteGroup: 'specs.smi-spec.io',
  UpstreamTrafficSetting: 'policy.openservicemesh.io',
} as const
const API_VERSION_OF = {
  HTTPRouteGroup: 'specs.smi-spec.io/v1alpha4',
  UpstreamTrafficSetting: 'policy.openservicemesh.io/v1alpha1',
} as const

export const EGRESS = defineKind<Body, EgressPart>({
  group: 'policy.openservicemesh.io',
  kind: 'Egress',
  plural: 'egresses',
  summary: 'Which service accounts may reach which hosts outside the mesh',
  namespaced: true,
  enforced: false,
  actsOnNamespace: true,
  versions: [canonicalVersion('v1alpha1', v1alpha1)],
  read,
  link: linkEgress,
})

function read(declaration: Declaration<Body>): Read<EgressPart> {
  const { body, id, place } = declaration
  const { sources, hosts = [], ipAddresses = [], ports, matches = [] } = body.spec
  const policy: Omit<EgressPolicy, 'http' | 'upstreamSetting'> = {
    id,
    location: declaration.location,
    sources: sources.map(({ namespace, name }, index) => ({
      account: { namespace: namespace ?? id.namespace, name },
      location: place.locate(['spec', 'sources', index]),
    })),
    hosts: hosts.map((host) => host.toLowerCase()),
    ipAddresses,
    ports: ports.map(({ number, protocol }) => ({ number, protocol: toProtocol(protocol) })),
  }
  return {
    part: { policy, matches },
    problems: [
      ...judgeSources(declaration),
      ...judgePorts(declaration, policy.ports),
      ...judgeMatches(declaration),
    ],
    applied: {
      spec: {
        ...body.spec,
        sources: sources.map((source) => ({
          ...source,
          namespace: source.namespace ?? id.namespace,
        })),
        ...(hosts.length > 0 && { hosts: policy.hosts }),
        ports: policy.ports,
        ...(matches.length > 0 && {
          matches: matches.map(({ kind, name }) => ({
            apiGroup: API_VERSION_OF[kind],
            kind,
            name,
          })),
        }),
      },
    },
    claims: [
      ...policy.hosts.map((host) => ({ slot: egressHostSlot(id.namespace, host) })),
      ...matches
        .filter(({ kind }) => kind === 'UpstreamTrafficSetting')
        .map(({ name }) => ({ slot: egressSettingSlot(id.namespace, name) })),
    ],
  }
}

function toProtocol(text: string): EgressPort['protocol'] {
  const lower = text.toLowerCase()
  return PROTOCOLS.find((protocol) => protocol === lower) ?? 'tcp'
}

/** D16. */
function judgeSources({ body, place }: Declaration<Body>): readonly Problem[] {
  if (body.spec.sources.length > 0) return []
  return [
    place.problem(['spec', 'sources'], {
      code: 'PLB0504',
      message: 'the list of sources is empty, so this Egress lets nobody out',
      fix: 'name a source, or remove the Egress',
    }),
  ]
}

function judgePorts(
  declaration: Declaration<Body>,
  ports: readonly EgressPort[],
): readonly Problem[] {
  const { body, place } = declaration
  const { hosts = [], ipAddresses = [] } = body.spec
  const problems = ports.flatMap(({ number, protocol }, index) => {
    const text = judgePort(protocol, number, { hosts, ipAddresses })
    return text === undefined ? [] : [place.problem(['spec', 'ports', index], text)]
  })
  if (!ports.some(({ protocol }) => protocol === 'http')) return problems
  const wildcard = hosts.findIndex((host) => host.startsWith('*'))
  if (wildcard < 0) return problems
  return [
    ...problems,
    place.problem(['spec', 'hosts', wildcard], {
      code: 'PLB0557',
      message: `${hosts[wildcard]} stands for many hosts, and an http port sends to the address of one`,
      fix: 'name each host, or use an https port, where the wildcard is compared with the SNI',
    }),
  ]
}

function judgePort(
  protocol: EgressPort['protocol'],
  number: number,
  {
    hosts,
    ipAddresses,
  }: { readonly hosts: readonly string[]; readonly ipAddresses: readonly string[] },
) {
  if (protocol === 'http' && hosts.length === 0)
    return {
      code: 'PLB0555',
      message: `port ${number} is http, which is let out by host, and the Egress names no hosts`,
      fix: 'add hosts, or make the port tcp',
    } as const
  if (protocol === 'http' || hosts.length + ipAddresses.length > 0) {
    if (!protocol.startsWith('tcp') || ipAddresses.length > 0) return undefined
  }
  return {
    code: 'PLB0556',
    message: `port ${number} (${protocol}) names no ipAddresses, so it opens the port of every address`,
    fix: 'add ipAddresses',
  } as const
}

/** D24, for the references of an Egress; OSM wants the version in them too. */
function judgeMatches({ body, place }: Declaration<Body>): readonly Problem[] {
  const matches = body.spec.matches ?? []
  const problems = matches.flatMap(({ kind, apiGroup }, index) => {
    const group = apiGroup?.split('/')[0]
    if (group === undefined || group === GROUP_OF[kind]) return []
    return [
      place.problem(['spec', 'matches', index, 'apiGroup'], {
        code: 'PLB0407',
        message: `apiGroup is ${JSON.stringify(apiGroup)}, and ${kind} is in ${GROUP_OF[kind]}`,
        fix: `write apiGroup: ${API_VERSION_OF[kind]}`,
      }),
    ]
  })
  const settings = matches.flatMap(({ kind }, index) =>
    kind === 'UpstreamTrafficSetting' ? [index] : [],
  )
  const [first, second] = settings
  if (first === undefined || second === undefined) return problems
  return [
    ...problems,
    place.problem(['spec', 'matches', second], {
      code: 'PLB0558',
      message: 'an Egress has at most one UpstreamTrafficSetting, and this is the second',
      fix: 'remove one of the two',
      related: [place.locate(['spec', 'matches', first])],
    }),
  ]
}
