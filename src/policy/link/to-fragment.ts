/** Reads one document by itself: its kind, its metadata, its fields, and what its kind makes of them. */
import type { z } from 'zod'
import { type ObjectId, toApiVersion, toObjectKey } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Document, DocumentPath } from '../document.ts'
import {
  allowsKind,
  allowsNamespace,
  type RepositorySettings,
} from '../files/repository-settings.ts'
import type {
  Converted,
  Declaration,
  KindDefinition,
  KindVersion,
  Place,
  Read,
  Rename,
} from '../kinds/kind-definition.ts'
import { type Metadata, readMetadata } from '../kinds/metadata.ts'
import { schemaProblems } from '../kinds/schema-problems.ts'
import { problemAt, problemAtKey } from '../problem-at.ts'
import type { Fragment, FragmentIdentity } from './fragment.ts'
import { identifyKind } from './identify-kind.ts'

type Fields = Readonly<Record<string, unknown>>

export function toFragment(document: Document, settings: RepositorySettings): Fragment {
  const identified = identifyKind(document)
  if (identified.type === 'unknown')
    return { type: 'unnamed', document, problems: identified.problems }
  const { definition, version } = identified
  const metadata = readMetadata(document, definition, settings.defaultNamespace)
  const early = [
    ...metadata.problems,
    ...judgeBounds(document, definition, metadata, settings),
    ...judgeStatus(document),
    ...judgeEnforcement(document, definition),
  ]
  const { problems: ofFields, body } = checkFields(document, version, definition)
  const problems = [...early, ...ofFields]
  const identity = identityOf(definition, metadata)
  if (identity === undefined) return { type: 'unnamed', document, problems }
  if (problems.some(({ severity }) => severity === 'error'))
    return { type: 'unusable', document, problems, ...identity }
  return readPart({ document, identity, version, metadata, body, problems })
}

function identityOf(
  definition: KindDefinition,
  { name, namespace }: Metadata,
): FragmentIdentity | undefined {
  if (name === '' || (definition.namespaced && namespace === '')) return undefined
  const { group, kind, versions } = definition
  const id: ObjectId = { group, kind, version: versions[0].name, namespace, name }
  return { definition, id, key: toObjectKey(id) }
}

/** The kinds and namespaces that the repository's settings let it touch. */
function judgeBounds(
  document: Document,
  definition: KindDefinition,
  { name, namespace }: Metadata,
  settings: RepositorySettings,
): readonly Problem[] {
  const problems: Problem[] = []
  if (!allowsKind(settings, definition))
    problems.push(
      problemAt(document, ['kind'], {
        code: 'PLB0305',
        message: `the settings of this repository do not let it hold a ${definition.kind}`,
        fix: 'add the kind under kinds in .plumbline.yaml, or move the object to another repository',
      }),
    )
  const touched = definition.namespaced ? namespace : name
  if (touched !== '' && !allowsNamespace(settings, touched))
    problems.push(
      problemAt(document, ['metadata', definition.namespaced ? 'namespace' : 'name'], {
        code: 'PLB0306',
        message: `the settings of this repository do not let it touch the namespace ${touched}`,
        fix: 'add the namespace under namespaces in .plumbline.yaml, or move the object to another repository',
      }),
    )
  return problems
}

/** Traffic that only such an object would allow stays denied; its author must not believe otherwise. */
function judgeEnforcement(
  document: Document,
  { kind, enforced }: KindDefinition,
): readonly Problem[] {
  if (enforced) return []
  return [
    problemAt(document, ['kind'], {
      code: 'PLB0341',
      message: `${kind} is validated and stored, and this version does not compile it for Envoy: it has no effect on traffic yet`,
      fix: 'keep it for the version that does, and do not rely on it until then',
    }),
  ]
}

/** D25. */
function judgeStatus(document: Document): readonly Problem[] {
  const status = (document.value as Fields)['status']
  if (status === undefined || status === null) return []
  if (typeof status === 'object' && Object.keys(status).length === 0) return []
  return [
    problemAtKey(document, ['status'], {
      code: 'PLB0323',
      message: 'status is written by controllers; it is left out',
      fix: 'remove it',
    }),
  ]
}

function checkFields(
  document: Document,
  version: KindVersion<unknown>,
  definition: KindDefinition,
): { readonly body: unknown; readonly problems: readonly Problem[] } {
  const { apiVersion: _v, kind: _k, metadata: _m, status: _s, ...body } = document.value as Fields
  const checked: z.ZodSafeParseResult<unknown> = version.schema.safeParse(body)
  if (checked.success) return { body, problems: [] }
  const { issues } = checked.error
  return { body, problems: schemaProblems(document, issues, version, definition.versions) }
}

interface Readable {
  readonly document: Document
  readonly identity: FragmentIdentity
  readonly version: KindVersion<unknown>
  readonly metadata: Metadata
  readonly body: unknown
  readonly problems: readonly Problem[]
}

function readPart(readable: Readable): Fragment {
  const { document, identity, version, metadata, body } = readable
  const converted = version.convert(body)
  const declaration = declare(readable, converted)
  const read = identity.definition.read(declaration)
  const problems = [
    ...readable.problems,
    ...(converted.problems ?? []).map(({ path, ...text }) => problemAt(document, path, text)),
    ...read.problems,
  ]
  if (problems.some(({ severity }) => severity === 'error'))
    return { type: 'unusable', document, problems, ...identity }
  return {
    type: 'usable',
    document,
    problems,
    ...identity,
    declaration,
    part: read.part,
    object: {
      id: identity.id,
      object: toObject(declaration, read, metadata),
      location: declaration.location,
    },
    claims: read.claims ?? [],
  }
}

function declare(
  { document, identity, version, metadata }: Readable,
  converted: Converted<unknown>,
): Declaration {
  return {
    id: identity.id,
    key: identity.key,
    location: document.locate([]),
    writtenVersion: version.name,
    labels: metadata.labels,
    annotations: { ...metadata.annotations, ...converted.annotations },
    body: converted.body,
    place: new WrittenPlace(document, version.renames),
  }
}

/** A place in the document as written, for paths of the canonical body. */
class WrittenPlace implements Place {
  readonly #document: Document
  readonly #renames: readonly Rename[]

  constructor(document: Document, renames: readonly Rename[]) {
    this.#document = document
    this.#renames = renames
  }

  locate(path: DocumentPath): SourceLocation {
    return this.#document.locate(this.#toWritten(path))
  }

  sourceText(path: DocumentPath): string | undefined {
    return this.#document.sourceText(this.#toWritten(path))
  }

  problem(path: DocumentPath, text: Parameters<Place['problem']>[1]): Problem {
    return problemAt(this.#document, this.#toWritten(path), text)
  }

  #toWritten(path: DocumentPath): DocumentPath {
    const rename = this.#renames.find(([canonical]) =>
      canonical.every((part, index) => path[index] === part),
    )
    return rename === undefined ? path : [...rename[1], ...path.slice(rename[0].length)]
  }
}

function toObject(
  { id, labels, annotations, body }: Declaration,
  read: Read<unknown>,
  { namespace }: Metadata,
) {
  return {
    apiVersion: toApiVersion(id),
    kind: id.kind,
    metadata: {
      name: id.name,
      ...(namespace !== '' && { namespace }),
      ...ifAny('labels', read.labels ?? labels),
      ...ifAny('annotations', read.annotations ?? annotations),
    },
    ...(read.applied ?? (body as Fields)),
  }
}

function ifAny(field: 'labels' | 'annotations', entries: Readonly<Record<string, string>>) {
  return Object.keys(entries).length === 0 ? {} : { [field]: entries }
}
