/** Which kind and version a document is of, or what to say about one that is of none (D31, D36). */
import { nearestName } from '../../model/nearest-name.ts'
import { toApiVersion, toObjectKind } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { Document } from '../document.ts'
import { shorten } from '../kinds/fields/names.ts'
import type { KindDefinition, KindVersion } from '../kinds/kind-definition.ts'
import { type ProblemText, problemAt } from '../problem-at.ts'
import { KINDS } from '../registry.ts'

export type IdentifiedKind =
  | {
      readonly type: 'known'
      readonly definition: KindDefinition
      readonly version: KindVersion<unknown>
    }
  | { readonly type: 'unknown'; readonly problems: readonly Problem[] }

const BY_NAME: ReadonlyMap<string, KindDefinition> = new Map(
  KINDS.map((definition) => [definition.kind, definition]),
)

/** Groups that are ours by their ending, however they begin. */
const OUR_DOMAINS = ['smi-spec.io', 'smi.spec.io', 'openservicemesh.io', 'plumbline.dev']

export function identifyKind(document: Document): IdentifiedKind {
  const { apiVersion, kind } = document.value as Readonly<Record<string, unknown>>
  const problems = [
    ...judgeText(document, 'apiVersion', apiVersion),
    ...judgeText(document, 'kind', kind),
  ]
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || problems.length > 0)
    return { type: 'unknown', problems }
  const { group, version } = toObjectKind({ apiVersion, kind })
  const definition = BY_NAME.get(kind)
  const known = definition?.versions.find(({ name }) => name === version)
  if (definition !== undefined && definition.group === group && known !== undefined)
    return { type: 'known', definition, version: known }
  const { path, text } = judgeKind({ apiVersion, group, version, kind }, definition)
  return { type: 'unknown', problems: [problemAt(document, [path], text)] }
}

function judgeText(document: Document, field: string, value: unknown): readonly Problem[] {
  if (typeof value === 'string' && value !== '') return []
  return [
    problemAt(document, [field], {
      code: value === undefined ? 'PLB0311' : 'PLB0312',
      message:
        value === undefined
          ? `${field} is missing, so nobody can tell what this document is`
          : `${field} is not text`,
      fix: 'write apiVersion and kind, or list the file in .plumbignore if it is no Kubernetes object',
    }),
  ]
}

interface WrittenKind {
  readonly apiVersion: string
  readonly group: string
  readonly version: string
  readonly kind: string
}

function judgeKind(
  written: WrittenKind,
  definition: KindDefinition | undefined,
): { readonly path: 'apiVersion' | 'kind'; readonly text: ProblemText } {
  const { apiVersion, group, version, kind } = written
  if (group === 'access.smi-spec.io' && version === 'v1alpha4')
    return { path: 'apiVersion', text: draft(apiVersion) }
  if (group === 'plumbline.dev' && kind === 'MeshRepository')
    return { path: 'kind', text: MESH_REPOSITORY }
  if (definition === undefined) return { path: 'kind', text: unknownKind(written) }
  if (definition.group === group)
    return { path: 'apiVersion', text: unknownVersion(version, definition) }
  if (!looksLike(group, version, definition)) return { path: 'kind', text: unknownKind(written) }
  return {
    path: 'apiVersion',
    text: {
      code: 'PLB0302',
      message: `${shorten(apiVersion)} has no ${kind}; it is in ${canonicalApiVersion(definition)}`,
      fix: `write apiVersion: ${canonicalApiVersion(definition)}`,
    },
  }
}

function canonicalApiVersion({ group, kind, versions }: KindDefinition): string {
  return toApiVersion({ group, kind, version: versions[0].name })
}

/** Whoever may write to a policy repository could otherwise have the mesh follow any other. */
const MESH_REPOSITORY: ProblemText = {
  code: 'PLB0301',
  message:
    'a MeshRepository says which repositories the mesh follows, and no commit of such a repository may say that',
  fix: 'apply it to the cluster with kubectl, and list the file in .plumbignore, or plumbline.dev/MeshRepository under ignoreKinds in .plumbline.yaml',
}

/** D31. */
function draft(apiVersion: string): ProblemText {
  return {
    code: 'PLB0304',
    message: `${apiVersion} (IdentityBinding) was a draft that no mesh ever served`,
    fix: 'write TrafficTarget in access.smi-spec.io/v1alpha3, which names service accounts itself',
  }
}

function unknownVersion(version: string, definition: KindDefinition): ProblemText {
  const names = definition.versions.map(({ name }) => name)
  const canonical = canonicalApiVersion(definition)
  return {
    code: 'PLB0303',
    message: `${definition.kind} has no version ${JSON.stringify(shorten(version))}; it has ${names.join(', ')}`,
    fix: `write apiVersion: ${canonical}`,
  }
}

/** Kinds of the same name exist elsewhere (TCPRoute of the Gateway API): only a group that was meant to be ours counts. */
function looksLike(group: string, version: string, definition: KindDefinition): boolean {
  if (group === '') return definition.versions.some(({ name }) => name === version)
  const ours = OUR_DOMAINS.some((domain) => group === domain || group.endsWith(`.${domain}`))
  const misspelt = nearestName(group, [definition.group]) !== undefined
  return ours || misspelt || definition.kind === 'TrafficSplit'
}

/** The three mends: leave the file out, leave the kind out, or write the kind that was meant. */
function unknownKind({ apiVersion, group, kind }: WrittenKind): ProblemText {
  const meant = nearestKind(group, kind)
  const pattern = group === '' ? kind : `${group}/${kind}`
  const hint =
    meant === undefined
      ? ''
      : `; if ${meant.kind} of ${canonicalApiVersion(meant)} is meant, write that`
  return {
    code: 'PLB0301',
    message: `Plumbline knows no kind ${shorten(kind)} in ${shorten(apiVersion)}`,
    fix: `list the file in .plumbignore, or ${shorten(pattern)} under ignoreKinds in .plumbline.yaml${hint}`,
  }
}

/** In a group of ours only its own kinds are meant; elsewhere any. */
function nearestKind(group: string, kind: string): KindDefinition | undefined {
  const ofGroup = KINDS.filter((definition) => definition.group === group)
  const candidates = group === '' || ofGroup.length === 0 ? KINDS : ofGroup
  const nearest = nearestName(
    kind,
    candidates.map((definition) => definition.kind),
  )
  return KINDS.find((definition) => definition.kind === nearest)
}
