/** Reads `metadata`: what is ours to set, and what is not (D23, D25, D35). */

import { nearestName } from '../../model/nearest-name.ts'
import type { Problem } from '../../model/problem.ts'
import type { Document, DocumentPath } from '../document.ts'
import { printPath } from '../print-path.ts'
import { type ProblemText, problemAt, problemAtKey } from '../problem-at.ts'
import { valueAt } from '../value-at.ts'
import { isDnsSubdomain, judgeLabel, shorten } from './fields/names.ts'
import type { KindDefinition } from './kind-definition.ts'
import { textWanted } from './text-wanted.ts'

/** Keys under this prefix are written by Plumbline itself. */
const OWN_PREFIX = 'plumbline.dev/'

export interface Metadata {
  /** Empty when the document has none that is usable. */
  readonly name: string
  /** Empty for cluster-wide kinds. */
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
}

type Fields = Readonly<Record<string, unknown>>
type Report = (path: DocumentPath, text: ProblemText, at?: typeof problemAt) => void

interface Reading {
  readonly document: Document
  readonly definition: KindDefinition
  readonly fields: Fields
  readonly report: Report
}

const OURS = ['name', 'namespace', 'labels', 'annotations'] as const
const SERVER_SET = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
]
const LIFECYCLE = [
  'finalizers',
  'ownerReferences',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]

export function readMetadata(
  document: Document,
  definition: KindDefinition,
  defaultNamespace: string,
): Metadata {
  const problems: Problem[] = []
  const report: Report = (path, text, at = problemAt) => {
    problems.push(at(document, ['metadata', ...path], text))
  }
  const fields = fieldsOf(document, report)
  if (fields === undefined)
    return { name: '', namespace: '', labels: {}, annotations: {}, problems }
  for (const key of Object.keys(fields)) {
    const text = judgeField(key, fields[key])
    if (text !== undefined) problems.push(problemAtKey(document, ['metadata', key], text))
  }
  const reading = { document, definition, fields, report }
  return {
    name: readName(reading),
    namespace: readNamespace(reading, defaultNamespace),
    labels: readStrings(reading, 'labels', (key) => judgeKey(key, []), judgeLabelValue),
    annotations: withoutLastApplied(
      readStrings(
        reading,
        'annotations',
        (key) => judgeAnnotation(key, definition),
        () => undefined,
      ),
    ),
    problems,
  }
}

function fieldsOf(document: Document, report: Report): Fields | undefined {
  const metadata = (document.value as Fields)['metadata']
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata))
    return metadata as Fields
  report([], {
    code: metadata === undefined ? 'PLB0311' : 'PLB0312',
    message: metadata === undefined ? 'metadata is missing' : 'metadata is not a mapping of fields',
    fix: 'add metadata with a name',
  })
  return undefined
}

function judgeField(key: string, value: unknown): ProblemText | undefined {
  if ((OURS as readonly string[]).includes(key)) return undefined
  if (key === 'generateName')
    return {
      code: 'PLB0324',
      message: 'metadata.generateName gives the object another name at every apply',
      fix: 'write metadata.name',
    }
  if (LIFECYCLE.includes(key)) return lifecycleField(key)
  if (!SERVER_SET.includes(key)) return unknownField(key)
  // `kubectl create --dry-run -o yaml` writes this one into every manifest.
  if (key === 'creationTimestamp' && value === null) return undefined
  return {
    code: 'PLB0323',
    message: `metadata.${key} is the API server's to set; it is left out`,
    fix: 'remove it',
  }
}

function lifecycleField(key: string): ProblemText {
  return {
    code: 'PLB0325',
    message: `metadata.${key} steers when the object is deleted, which the repository does by having it or not`,
    fix: 'remove it',
  }
}

function unknownField(key: string): ProblemText {
  const nearest = nearestName(key, OURS)
  return {
    code: 'PLB0310',
    message: `metadata has no field ${JSON.stringify(shorten(key))}; it has ${OURS.join(', ')}`,
    fix: nearest === undefined ? 'remove it' : `write ${nearest}`,
  }
}

function readName(reading: Reading): string {
  const { definition, fields, report } = reading
  const name = fields['name']
  if (name === undefined && fields['generateName'] !== undefined) return ''
  const text = typeof name === 'string' ? definition.judgeName(name) : notText(reading, ['name'])
  if (text !== undefined) report(['name'], text)
  return text === undefined && typeof name === 'string' ? name : ''
}

/** D23: the repository's default namespace stands in for one left out. */
function readNamespace(reading: Reading, defaultNamespace: string): string {
  const { definition, fields, report } = reading
  const namespace = fields['namespace']
  if (!definition.namespaced) {
    if (namespace !== undefined) report(['namespace'], clusterWide(definition.kind))
    return ''
  }
  if (namespace === undefined || namespace === null || namespace === '') {
    report(['namespace'], {
      code: 'PLB0321',
      message: `metadata.namespace is left out, so the object goes to ${defaultNamespace}, the default of this repository`,
      fix: `write namespace: ${defaultNamespace}`,
    })
    return defaultNamespace
  }
  const text =
    typeof namespace === 'string' ? judgeLabel(namespace) : notText(reading, ['namespace'])
  if (text !== undefined) report(['namespace'], text)
  return text === undefined && typeof namespace === 'string' ? namespace : ''
}

function clusterWide(kind: string): ProblemText {
  return {
    code: 'PLB0322',
    message: `a ${kind} belongs to the whole cluster and has no namespace`,
    fix: 'remove metadata.namespace',
  }
}

/** Labels or annotations: text by text. Both may be left empty, as generators do. */
function readStrings(
  reading: Reading,
  field: 'labels' | 'annotations',
  judgeKeyOf: (key: string) => ProblemText | undefined,
  judgeValue: (value: string) => ProblemText | undefined,
): Readonly<Record<string, string>> {
  const { fields, report } = reading
  const value = fields[field]
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    report([field], {
      code: 'PLB0312',
      message: `metadata.${field} is not a mapping of text to text`,
      fix: 'write a mapping',
    })
    return {}
  }
  const strings: Record<string, string> = {}
  for (const [key, entry] of Object.entries(value)) {
    const ofKey = judgeKeyOf(key)
    if (ofKey !== undefined) report([field, key], ofKey, problemAtKey)
    const text = typeof entry === 'string' ? judgeValue(entry) : notText(reading, [field, key])
    if (text !== undefined) report([field, key], text)
    if (typeof entry === 'string') strings[key] = entry
  }
  return strings
}

function notText({ document }: Reading, path: DocumentPath): ProblemText {
  const whole = ['metadata', ...path]
  return textWanted(printPath(whole), valueAt(document.value, whole), document.sourceText(whole))
}

const KEY_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

function judgeLabelValue(value: string): ProblemText | undefined {
  if (LABEL_VALUE.test(value)) return undefined
  return {
    code: 'PLB0326',
    message: `${JSON.stringify(shorten(value))} is not a label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`,
    fix: 'shorten it, or make it an annotation',
  }
}

/** Written by `kubectl apply` on what it stores: a whole former manifest, which means nothing in another. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

function judgeAnnotation(key: string, { ownAnnotations }: KindDefinition): ProblemText | undefined {
  if (key !== LAST_APPLIED) return judgeKey(key, ownAnnotations)
  return {
    code: 'PLB0323',
    message: `the annotation ${LAST_APPLIED} is kubectl's to set; it is left out`,
    fix: 'remove it',
  }
}

function withoutLastApplied(
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { [LAST_APPLIED]: _, ...rest } = annotations
  return rest
}

function judgeKey(key: string, own: readonly string[]): ProblemText | undefined {
  if (key.startsWith(OWN_PREFIX) && !own.includes(key))
    return {
      code: 'PLB0327',
      message: `${shorten(key)} is written by Plumbline itself, to mark what it owns`,
      fix: 'remove it',
    }
  const slash = key.indexOf('/')
  const prefix = slash < 0 ? undefined : key.slice(0, slash)
  const valid =
    KEY_NAME.test(key.slice(slash + 1)) && (prefix === undefined || isDnsSubdomain(prefix))
  if (valid) return undefined
  return {
    code: 'PLB0326',
    message: `${JSON.stringify(shorten(key))} is not a label or annotation key: an optional DNS prefix and "/", then at most 63 letters, digits, "-", "_" and "."`,
    fix: 'choose another key',
  }
}
