/** TrafficTarget: which service accounts may send which requests to the pods of another. */
import { z } from 'zod'
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { Problem } from '../../model/problem.ts'
import { type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import type { GrantSource } from '../intent/grant.ts'
import {
  DESTINATION_PORT,
  destinationPortField,
  readDestinationPort,
} from './fields/destination-port.ts'
import { namespaceName, objectName } from './fields/names.ts'
import { canonicalVersion, type Declaration, defineKind, olderVersion } from './kind-definition.ts'
import { grantSlot } from './slots.ts'
import { linkGrant, type TrafficTargetPart } from './traffic-target-link.ts'

const subject = z.strictObject({
  kind: z.enum(['ServiceAccount']),
  name: objectName,
  namespace: namespaceName.optional(),
})
const subjectWithPort = z.strictObject({
  ...subject.shape,
  port: destinationPortField.optional(),
})
const rule = z.strictObject({
  // D5: rules of other kinds get a sentence of their own.
  kind: z
    .string()
    .min(1)
    .meta({ enum: ['HTTPRouteGroup', 'TCPRoute'] }),
  name: objectName,
  matches: z.array(z.string().min(1)).optional(),
})
const sources = z.array(subject)
// D2: TrafficTargets without rules get a sentence of their own, so the schema lets them through.
const rules = z.array(rule).meta({ minItems: 1 }).optional()

const v1alpha3 = z.strictObject({
  spec: z.strictObject({ destination: subject, sources, rules }),
})
const v1alpha2 = z.strictObject({
  spec: z.strictObject({ destination: subjectWithPort, sources, rules }),
})
const v1alpha1 = z.strictObject({ destination: subjectWithPort, sources, specs: rules })

type Body = z.output<typeof v1alpha3>
type Subject = z.output<typeof subject>

export const TRAFFIC_TARGET = defineKind<Body, TrafficTargetPart>({
  group: 'access.smi-spec.io',
  kind: 'TrafficTarget',
  plural: 'traffictargets',
  summary: 'Which service accounts may send which requests to the pods of another',
  namespaced: true,
  actsOnNamespace: true,
  ownAnnotations: [DESTINATION_PORT],
  versions: [
    canonicalVersion('v1alpha3', v1alpha3),
    olderVersion('v1alpha2', v1alpha2, ({ spec: { destination, ...spec } }) =>
      withoutPort(destination, spec),
    ),
    olderVersion(
      'v1alpha1',
      v1alpha1,
      ({ destination, sources: from, specs }) =>
        withoutPort(destination, { sources: from, rules: specs }),
      [
        [['spec', 'destination'], ['destination']],
        [['spec', 'sources'], ['sources']],
        [['spec', 'rules'], ['specs']],
        [['spec'], []],
      ],
    ),
  ],
  read,
  link: linkGrant,
})

/** D22: v1alpha3 has no port, so it travels as an annotation. */
function withoutPort(
  { port, ...destination }: z.output<typeof subjectWithPort>,
  rest: Omit<Body['spec'], 'destination'>,
) {
  const body: Body = { spec: { destination, ...rest } }
  return port === undefined ? { body } : { body, annotations: { [DESTINATION_PORT]: String(port) } }
}

function read(declaration: Declaration<Body>) {
  const { spec } = declaration.body
  const destination = toAccount(spec.destination, declaration)
  const { port, problems: portProblems } = readDestinationPort(declaration)
  const { found: sources, problems: sourceProblems } = readSources(declaration)
  return {
    part: {
      destination,
      ...(port !== undefined && { port }),
      sources,
      rules: (spec.rules ?? []).map(({ kind, name, matches }) => ({
        kind,
        name,
        matches: matches?.length === 0 ? undefined : matches,
      })),
    },
    problems: [
      ...judgeDestination(declaration, destination),
      ...portProblems,
      ...sourceProblems,
      ...judgeRules(declaration),
    ],
    applied: toApplied(declaration, destination),
    claims: [{ slot: grantSlot() }, { slot: grantSlot(destination.namespace) }],
  }
}

/** D4. */
function toAccount({ namespace, name }: Subject, declaration: Declaration): ServiceAccount {
  return { namespace: namespace ?? declaration.id.namespace, name }
}

/** D3, and D20 for the destination. */
function judgeDestination(
  { place, id }: Declaration<Body>,
  destination: ServiceAccount,
): readonly Problem[] {
  const path = ['spec', 'destination']
  const problems = dottedName(destination.name).map((text) =>
    place.problem([...path, 'name'], text),
  )
  if (destination.namespace === id.namespace) return problems
  return [
    ...problems,
    place.problem([...path, 'namespace'], {
      code: 'PLB0503',
      message: `a TrafficTarget in ${id.namespace} cannot let anybody into ${destination.namespace}: a namespace grants access to its own service accounts only`,
      fix: `move the object to the namespace ${destination.namespace}`,
    }),
  ]
}

/** D20: OSM's form of the identity, name.namespace.domain, reads two ways when the name has dots. */
function dottedName(name: string) {
  if (!name.includes('.')) return []
  return [
    {
      code: 'PLB0507',
      message: `the service account name ${name} has dots, so name.namespace, as OSM writes identities, reads two ways`,
      fix: 'rename the service account, or make sure that nobody splits the DNS name of its certificate',
    } as const,
  ]
}

function readSources(declaration: Declaration<Body>): {
  found: readonly GrantSource[]
  problems: readonly Problem[]
} {
  const { place, body } = declaration
  const problems: Problem[] = []
  const found = new Map<string, GrantSource>()
  body.spec.sources.forEach((subject, index) => {
    const path = ['spec', 'sources', index]
    const account = toAccount(subject, declaration)
    const key = toAccountKey(account)
    const first = found.get(key)
    problems.push(...dottedName(subject.name).map((text) => place.problem([...path, 'name'], text)))
    if (first === undefined) found.set(key, { account, location: place.locate(path) })
    else
      problems.push(
        place.problem(path, {
          code: 'PLB0612',
          message: `${key} is already among the sources`,
          fix: 'remove one of the two',
          related: [first.location],
        }),
      )
  })
  if (found.size === 0) problems.push(nobody(declaration))
  const sorted = [...found].sort(([a], [b]) => byCodeUnit(a, b)).map(([, source]) => source)
  return { found: sorted, problems }
}

/** D16. */
function nobody({ place }: Declaration<Body>): Problem {
  return place.problem(['spec', 'sources'], {
    code: 'PLB0504',
    message: 'the list of sources is empty, so this TrafficTarget lets nobody in',
    fix: 'name a source, or remove the TrafficTarget',
  })
}

function judgeRules({ place, body }: Declaration<Body>): readonly Problem[] {
  const rules = body.spec.rules ?? []
  if (rules.length === 0)
    return [
      place.problem(['spec', 'rules'], {
        code: 'PLB0501',
        message:
          'the TrafficTarget has no rules, and meshes disagree whether that allows everything or nothing',
        fix: 'name an HTTPRouteGroup or a TCPRoute; a match with pathRegex ".*" allows every request',
      }),
    ]
  return rules.flatMap(({ kind, name, matches }, index) => {
    const path = ['spec', 'rules', index]
    if (kind !== 'HTTPRouteGroup' && kind !== 'TCPRoute')
      return [place.problem([...path, 'kind'], otherRule(kind))]
    if (kind === 'TCPRoute' || (matches !== undefined && matches.length > 0)) return []
    return [
      place.problem(path, {
        code: 'PLB0502',
        message: `the rule names no matches, so it allows every match of ${name}, as SMI says; OSM allowed none`,
        fix: 'list the matches that are meant',
      }),
    ]
  })
}

/** D5. */
function otherRule(kind: string) {
  const udp = kind === 'UDPRoute'
  return {
    code: 'PLB0404',
    message: udp
      ? 'UDPRoute: the mesh carries TCP only, so a UDP rule would allow nothing'
      : `${JSON.stringify(kind)} is not a kind of rule; HTTPRouteGroup or TCPRoute is expected`,
    fix: udp ? 'remove the rule' : 'write HTTPRouteGroup or TCPRoute',
  } as const
}

function toApplied({ body, id }: Declaration<Body>, destination: ServiceAccount) {
  const { sources, rules } = body.spec
  return {
    spec: {
      destination: { kind: 'ServiceAccount', ...destination },
      sources: sources.map((source) => ({
        ...source,
        namespace: source.namespace ?? id.namespace,
      })),
      rules: rules ?? [],
    },
  }
}
