/** Namespace: whether its pods are in the mesh. Only enrollment is ours; all else about it is others' to set (D32). */
import { z } from 'zod'
import { nearestName } from '../../model/nearest-name.ts'
import type { Problem } from '../../model/problem.ts'
import type { NamespaceEnrollment } from '../intent/namespace-enrollment.ts'
import type { ProblemText } from '../problem-at.ts'
import { judgeLabel, shorten } from './fields/names.ts'
import { canonicalVersion, type Declaration, defineKind } from './kind-definition.ts'

const PREFIX = 'openservicemesh.io/'
const MONITORED_BY = `${PREFIX}monitored-by`
const IGNORE = `${PREFIX}ignore`
const SIDECAR_INJECTION = `${PREFIX}sidecar-injection`
const METRICS = `${PREFIX}metrics`

const OUR_LABELS = [MONITORED_BY, IGNORE]
const OUR_ANNOTATIONS = [SIDECAR_INJECTION, METRICS]
/** Set by the API server on every Namespace. */
const NAME_LABEL = 'kubernetes.io/metadata.name'

const YES = ['enabled', 'yes', 'true']
const NO = ['disabled', 'no', 'false']

const v1 = z.strictObject({
  spec: z.strictObject({ finalizers: z.array(z.string()).optional() }).optional(),
})

type Body = z.output<typeof v1>

export const NAMESPACE = defineKind<Body, NamespaceEnrollment>({
  group: '',
  kind: 'Namespace',
  plural: 'namespaces',
  summary: 'Whether the pods of a namespace are in the mesh',
  namespaced: false,
  actsOnNamespace: false,
  judgeName: judgeLabel,
  versions: [canonicalVersion('v1', v1)],
  read(declaration) {
    const { labels, annotations, location, id } = declaration
    const meshName = labels[MONITORED_BY]
    const injection = toSwitch(annotations[SIDECAR_INJECTION])
    return {
      part: {
        name: id.name,
        enrolled: meshName !== undefined && labels[IGNORE] === undefined,
        ...(meshName !== undefined && { meshName }),
        sidecarInjection: injection ?? 'unset',
        metrics: toSwitch(annotations[METRICS]) === 'enabled',
        location,
      },
      problems: [
        ...judgeLabels(declaration),
        ...judgeAnnotations(declaration),
        ...judgeSpec(declaration),
      ],
      applied: {},
      labels: pick(labels, OUR_LABELS),
      annotations: pick(annotations, OUR_ANNOTATIONS),
    }
  },
  link: (part) => ({
    problems: [],
    contribute: (draft) => draft.namespaces.set(part.name, part),
  }),
})

function toSwitch(text: string | undefined): 'enabled' | 'disabled' | undefined {
  const word = text?.toLowerCase() ?? ''
  if (YES.includes(word)) return 'enabled'
  return NO.includes(word) ? 'disabled' : undefined
}

function pick(from: Readonly<Record<string, string>>, keys: readonly string[]) {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)))
}

function judgeLabels({ labels, place, id }: Declaration<Body>): readonly Problem[] {
  const problems = Object.keys(labels)
    .filter((key) => !OUR_LABELS.includes(key))
    .filter((key) => key !== NAME_LABEL || labels[key] !== id.name)
    .map((key) =>
      place.problem(
        ['metadata', 'labels', key],
        strayKey(key, 'label', OUR_LABELS, OUR_ANNOTATIONS),
      ),
    )
  const path = ['metadata', 'labels', MONITORED_BY]
  if (labels[MONITORED_BY] === '')
    problems.push(
      place.problem(path, {
        code: 'PLB0540',
        message: `the label ${MONITORED_BY} is empty, and the name of the mesh is expected`,
        fix: `write ${MONITORED_BY}: plumbline`,
      }),
    )
  if (labels[MONITORED_BY] !== undefined && labels[IGNORE] !== undefined)
    problems.push(
      place.problem(path, {
        code: 'PLB0541',
        message: `the namespace is enrolled and has the label ${IGNORE}, which keeps it out of the mesh whatever else it says`,
        fix: 'remove one of the two labels',
      }),
    )
  return problems
}

function judgeAnnotations({ annotations, place }: Declaration<Body>): readonly Problem[] {
  return Object.entries(annotations).flatMap(([key, value]) => {
    const path = ['metadata', 'annotations', key]
    if (!OUR_ANNOTATIONS.includes(key))
      return [place.problem(path, strayKey(key, 'annotation', OUR_ANNOTATIONS, OUR_LABELS))]
    if (toSwitch(value) !== undefined) return []
    return [
      place.problem(path, {
        code: 'PLB0540',
        message: `${key} is ${JSON.stringify(shorten(value))}, and enabled or disabled is expected`,
        fix: 'write enabled or disabled',
      }),
    ]
  })
}

/** D32, but for a key of ours that is misspelt or in the wrong place: the author thinks the namespace is enrolled. */
function strayKey(
  key: string,
  what: 'label' | 'annotation',
  ours: readonly string[],
  others: readonly string[],
): ProblemText {
  const other = what === 'label' ? 'annotation' : 'label'
  if (others.includes(key))
    return {
      code: 'PLB0540',
      message: `${key} is an ${other}, and has no effect as a ${what}`
        .replace('an label', 'a label')
        .replace('a annotation', 'an annotation'),
      fix: `move it to metadata.${other}s`,
    }
  if (key.startsWith(PREFIX)) {
    const nearest = nearestName(key, ours)
    return {
      code: 'PLB0540',
      message: `${shorten(key)} is not a ${what} that a Namespace has; it has ${ours.join(' and ')}`,
      fix: nearest === undefined ? 'remove it' : `write ${nearest}`,
    }
  }
  return {
    code: 'PLB0542',
    message: `the ${what} ${shorten(key)} is left out: of a Namespace, only enrollment is Plumbline's to set`,
    fix: 'remove it, or keep it where the Namespace is made',
  }
}

/** D25: `kubectl get -o yaml` prints the finalizers. */
function judgeSpec({ body, place }: Declaration<Body>): readonly Problem[] {
  if (body.spec?.finalizers === undefined) return []
  return [
    place.problem(['spec', 'finalizers'], {
      code: 'PLB0323',
      message: "spec.finalizers is the API server's to set; it is left out",
      fix: 'remove spec',
    }),
  ]
}
