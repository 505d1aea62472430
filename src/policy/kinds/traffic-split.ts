/** TrafficSplit: how the traffic of one service is shared among others. */
import { z } from 'zod'
import type { Problem } from '../../model/problem.ts'
import { type ServiceName, toServiceKey } from '../../model/service-name.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { DocumentPath } from '../document.ts'
import type { SplitBackend } from '../intent/traffic-split-intent.ts'
import { objectName } from './fields/names.ts'
import { parseServiceReference } from './fields/service-reference.ts'
import { parseQuantity, quantityField, toSmallestWeights, weightField } from './fields/weight.ts'
import {
  DECLARED_WEIGHTS,
  DELEGATE_WEIGHTS,
  printDeclaredWeights,
  readDelegation,
  WEIGHT_BOUNDS,
} from './fields/weight-delegation.ts'
import {
  type Claim,
  type Converted,
  canonicalVersion,
  type Declaration,
  defineKind,
  olderVersion,
  type Read,
  soleClaim,
} from './kind-definition.ts'
import { splitSlot } from './slots.ts'
import { linkSplit, type TrafficSplitPart } from './traffic-split-link.ts'

const service = z.string().min(1)
const backend = z.strictObject({ service, weight: weightField })
const backends = z.array(backend).min(1)
const match = z.strictObject({
  apiGroup: z.string().optional(),
  kind: z.enum(['HTTPRouteGroup']),
  name: objectName,
})

const v1alpha4 = z.strictObject({
  spec: z.strictObject({ service, backends, matches: z.array(match).optional() }),
})
// D13: `matches` gets a sentence of its own, so the schema lets it through.
const v1alpha2 = z.strictObject({
  spec: z.strictObject({ service, backends, matches: z.array(z.unknown()).optional() }),
})
const v1alpha1 = z.strictObject({
  spec: z.strictObject({
    service,
    backends: z.array(z.strictObject({ service, weight: quantityField })).min(1),
    matches: z.array(z.unknown()).optional(),
  }),
})

type Body = z.output<typeof v1alpha4>

export const TRAFFIC_SPLIT = defineKind<Body, TrafficSplitPart>({
  group: 'split.smi-spec.io',
  kind: 'TrafficSplit',
  plural: 'trafficsplits',
  summary: 'How the traffic of one service is shared among others',
  namespaced: true,
  actsOnNamespace: true,
  ownAnnotations: [DELEGATE_WEIGHTS, WEIGHT_BOUNDS],
  versions: [
    canonicalVersion('v1alpha4', v1alpha4),
    canonicalVersion('v1alpha3', v1alpha4),
    olderVersion('v1alpha2', v1alpha2, ({ spec: { matches, ...spec } }) => ({
      body: { spec },
      problems: refuseMatches(matches, 'v1alpha2'),
    })),
    olderVersion('v1alpha1', v1alpha1, fromV1Alpha1),
  ],
  read,
  link: linkSplit,
})

/** D21. */
function fromV1Alpha1({
  spec: { service: root, backends: quantified, matches },
}: z.output<typeof v1alpha1>): Converted<Body> {
  const weights = toSmallestWeights(quantified.map(({ weight }) => parseQuantity(weight) ?? 0))
  return {
    body: {
      spec: {
        service: root,
        backends: quantified.map((written, index) => ({ ...written, weight: weights[index] })),
      },
    },
    problems: refuseMatches(matches, 'v1alpha1'),
  }
}

/** D13. */
function refuseMatches(matches: readonly unknown[] | undefined, version: string) {
  if (matches === undefined) return []
  return [
    {
      path: ['spec', 'matches'],
      code: 'PLB0524',
      message: `${version} has no matches, so every mesh would drop them and split all requests`,
      fix: 'write apiVersion: split.smi-spec.io/v1alpha4, or remove matches',
    } as const,
  ]
}

function read(declaration: Declaration<Body>): Read<TrafficSplitPart> {
  const { spec } = declaration.body
  const problems: Problem[] = []
  const root = readService(declaration, spec.service, ['spec', 'service'], problems)
  const found = readBackends(declaration, problems)
  problems.push(...judgeWeights(declaration, found), ...judgeMatches(declaration))
  const matches = (spec.matches ?? []).map(({ name }) => name)
  const { delegation, mistakes } = readDelegation(declaration.annotations, found)
  for (const { annotation, text } of mistakes)
    problems.push(declaration.place.problem(['metadata', 'annotations', annotation], text))
  return {
    part: { root, backends: found, matches, delegation },
    problems,
    ...(delegation !== undefined && {
      annotations: { ...declaration.annotations, [DECLARED_WEIGHTS]: printDeclaredWeights(found) },
    }),
    applied: {
      spec: {
        service: root.name,
        ...((spec.matches?.length ?? 0) > 0 && { matches: spec.matches }),
        backends: found.map(({ service: { name }, weight }) => ({ service: name, weight })),
      },
    },
    claims: [claimOf(root, matches)],
  }
}

/** D7 and D8. */
function readService(
  { id, place }: Declaration,
  text: string,
  path: DocumentPath,
  problems: Problem[],
): ServiceName {
  const parsed = parseServiceReference(text, id.namespace)
  if (!parsed.ok) {
    problems.push(place.problem(path, parsed.error))
    return { namespace: id.namespace, name: text }
  }
  if (parsed.value.namespace !== id.namespace)
    problems.push(
      place.problem(path, {
        code: 'PLB0405',
        message: `${text} is in the namespace ${parsed.value.namespace}, and a TrafficSplit in ${id.namespace} governs services of ${id.namespace} only`,
        fix: `move the split to ${parsed.value.namespace}, or name a service of ${id.namespace}`,
      }),
    )
  return parsed.value
}

function readBackends(
  declaration: Declaration<Body>,
  problems: Problem[],
): readonly SplitBackend[] {
  const { body, place } = declaration
  const seen = new Map<string, SourceLocation>()
  return body.spec.backends.map((written, index) => {
    const path = ['spec', 'backends', index]
    const backendService = readService(declaration, written.service, [...path, 'service'], problems)
    const location = place.locate(path)
    const key = toServiceKey(backendService)
    const first = seen.get(key)
    if (first === undefined) seen.set(key, location)
    else
      problems.push(
        place.problem([...path, 'service'], {
          code: 'PLB0523',
          message: `the backend ${backendService.name} is named twice`,
          fix: 'name it once, with the sum of the two weights',
          related: [first],
        }),
      )
    return { service: backendService, weight: Number(written.weight), location }
  })
}

/** D11. */
function judgeWeights({ place }: Declaration, found: readonly SplitBackend[]): readonly Problem[] {
  if (found.some(({ weight }) => weight > 0)) return []
  return [
    place.problem(['spec', 'backends'], {
      code: 'PLB0521',
      message: 'every weight is 0, so the traffic of the service would go nowhere',
      fix: 'give at least one backend a weight of 1 or more',
    }),
  ]
}

/** D24. */
function judgeMatches({ body, place }: Declaration<Body>): readonly Problem[] {
  return (body.spec.matches ?? []).flatMap(({ apiGroup }, index) => {
    if (apiGroup === undefined || apiGroup === 'specs.smi-spec.io') return []
    return [
      place.problem(['spec', 'matches', index, 'apiGroup'], {
        code: 'PLB0407',
        message: `apiGroup is ${JSON.stringify(apiGroup)}, and an HTTPRouteGroup is in specs.smi-spec.io`,
        fix: 'write apiGroup: specs.smi-spec.io, without a version',
      }),
    ]
  })
}

/** D9: one split for each set of matches of a root service. */
function claimOf(root: ServiceName, matches: readonly string[]): Claim {
  const same = matches.length === 0 ? '' : ' for the same matches'
  return soleClaim(splitSlot(root, matches), ['spec', 'service'], (first) => ({
    code: 'PLB0601',
    message: `TrafficSplit ${first.id.name} already splits ${toServiceKey(root)}${same}, and only one of the two could hold`,
    fix: 'join the two, or tell them apart by matches',
  }))
}
