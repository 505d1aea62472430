/** What a kind of document declares about itself. Nothing outside src/policy/kinds/ switches on a particular kind. */
import type { ZodType, z } from 'zod'
import type { ObjectId, ObjectKey } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { DocumentPath } from '../document.ts'
import type { Intent } from '../intent.ts'
import type { ProblemText } from '../problem-at.ts'
import { judgeSubdomain } from './fields/names.ts'

/** A document whose fields are valid, brought to its kind's canonical version. */
export interface Declaration<Body = unknown> {
  /** At the canonical version, whatever the document says. */
  readonly id: ObjectId
  readonly key: ObjectKey
  /** Where the document begins. */
  readonly location: SourceLocation
  /** As the document has it: `v1alpha1`. */
  readonly writtenVersion: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Everything beside `apiVersion`, `kind`, `metadata` and `status`. */
  readonly body: Body
  readonly place: Place
}

/** Finds in the document as written what stands at a path of the canonical body. */
export interface Place {
  locate(path: DocumentPath): SourceLocation
  /** How a scalar was written. */
  sourceText(path: DocumentPath): string | undefined
  problem(path: DocumentPath, text: ProblemText): Problem
}

/** A body brought to the canonical version. */
export interface Converted<Body> {
  readonly body: Body
  /** What the canonical version has no field for, carried as annotations of ours. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly problems?: readonly ConversionProblem[]
}

export interface ConversionProblem extends ProblemText {
  /** In the document as written. */
  readonly path: DocumentPath
}

/** Where a part of the canonical body stood before: `[['spec', 'rules'], ['specs']]`. */
export type Rename = readonly [canonical: DocumentPath, written: DocumentPath]

export interface KindVersion<Body> {
  readonly name: string
  /** Of everything beside `apiVersion`, `kind`, `metadata` and `status`. */
  readonly schema: ZodType
  /** Brings a body that the schema accepts to the canonical version. */
  readonly convert: (body: unknown) => Converted<Body>
  readonly renames: readonly Rename[]
}

/** What one document says, and what is wrong with it that needs no other document to see. */
export interface Read<Part> {
  readonly part: Part
  readonly problems: readonly Problem[]
  /** Defaults to the body as it is: what is applied beside `apiVersion`, `kind` and `metadata`. */
  readonly applied?: Readonly<Record<string, unknown>>
  /** Defaults to the declaration's: labels and annotations to apply. */
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly claims?: readonly Claim[]
}

/**
 * Something that a declaration has for others to see: the root of a split, a host that an Egress names.
 * Slots are text that the kinds of one subject agree on.
 */
export interface Claim {
  readonly slot: string
  /** Where only so many declarations of a commit may claim the slot, and what to say to the next one. */
  readonly only?: {
    readonly count: number
    readonly path: DocumentPath
    readonly problem: (first: Declaration) => Omit<ProblemText, 'related'>
  }
}

/** A claim that one declaration of a commit may make. */
export function soleClaim(
  slot: string,
  path: DocumentPath,
  problem: (first: Declaration) => Omit<ProblemText, 'related'>,
): Claim {
  return { slot, only: { count: 1, path, problem } }
}

/** What a declaration means among the others: its part of the Intent, and what is wrong with it there. */
export interface Linked {
  readonly problems: readonly Problem[]
  /** Adds to the Intent. Called for commits without errors only. */
  readonly contribute: (draft: IntentDraft) => void
}

/** The Intent under construction. */
export type IntentDraft = {
  -readonly [Member in keyof Omit<
    Intent,
    'commit' | 'objects'
  >]: Intent[Member] extends ReadonlyMap<infer Key, infer Value> ? Map<Key, Value> : Intent[Member]
}

export type Found<Body, Part> =
  | {
      readonly type: 'found'
      readonly declaration: Declaration<Body>
      readonly part: Part
    }
  /** It is there and has problems of its own: what it says is known only as far as it can be told from what is written. */
  | { readonly type: 'unusable'; readonly written: unknown }
  /** `nearest` is the closest name of that kind in that namespace, for hints. */
  | { readonly type: 'missing'; readonly nearest: () => string | undefined }

/** How a declaration sees the others of its commit. What it looks up is recorded, so that unchanged links are reused. */
export interface LinkScope {
  /** `namespace` is empty for cluster-scoped kinds. */
  find<Body, Part>(
    definition: KindDefinition<Body, Part>,
    name: { readonly namespace: string; readonly name: string },
  ): Found<Body, Part>
  /** The first declaration that claims the slot, if any does. */
  claimant(slot: string): Declaration | undefined
}

export interface KindDefinition<Body = unknown, Part = unknown> {
  readonly group: string
  readonly kind: string
  readonly plural: string
  /** One sentence for people: `plumb schema` lists it. */
  readonly summary: string
  readonly namespaced: boolean
  /** False for what is read from git only and never stored in the cluster. */
  readonly applied: boolean
  /** False for what is validated and stored, and not compiled for Envoy by this version: its author is told. */
  readonly enforced: boolean
  /** Whether it concerns the pods of its own namespace, so that it does nothing where no pod is in the mesh. */
  readonly actsOnNamespace: boolean
  /** Whether it does nothing by itself, so that one nobody refers to is worth a warning. */
  readonly onlyReferredTo: boolean
  /** Names under `plumbline.dev/` that may stand among the annotations. */
  readonly ownAnnotations: readonly string[]
  judgeName(name: string): ProblemText | undefined
  /** The first is the canonical one. */
  readonly versions: readonly [KindVersion<Body>, ...KindVersion<Body>[]]
  /** Called for bodies that their schema accepts. */
  read(declaration: Declaration<Body>): Read<Part>
  link(part: Part, declaration: Declaration<Body>, scope: LinkScope): Linked
}

/** Fills in what most kinds have in common. */
export function defineKind<Body, Part>(
  definition: Omit<
    KindDefinition<Body, Part>,
    'applied' | 'enforced' | 'ownAnnotations' | 'onlyReferredTo' | 'judgeName'
  > &
    Partial<KindDefinition<Body, Part>>,
): KindDefinition<Body, Part> {
  return {
    applied: true,
    enforced: true,
    ownAnnotations: [],
    onlyReferredTo: false,
    judgeName: judgeSubdomain,
    ...definition,
  }
}

/** The version that is applied. */
export function canonicalVersion<Schema extends ZodType>(
  name: string,
  schema: Schema,
): KindVersion<z.output<Schema>> {
  return { name, schema, convert: (body) => ({ body: body as z.output<Schema> }), renames: [] }
}

/** A version that is read and converted. */
export function olderVersion<Schema extends ZodType, Body>(
  name: string,
  schema: Schema,
  convert: (body: z.output<Schema>) => Converted<Body>,
  renames: readonly Rename[] = [],
): KindVersion<Body> {
  return { name, schema, convert: (body) => convert(body as z.output<Schema>), renames }
}
