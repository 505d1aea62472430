/** What one document comes to by itself, before it is seen among the others. */
import type { ObjectId, ObjectKey } from '../../model/object-id.ts'
import type { Problem } from '../../model/problem.ts'
import type { Document } from '../document.ts'
import type { DeclaredObject } from '../intent.ts'
import type { Claim, Declaration, KindDefinition } from '../kinds/kind-definition.ts'

/** Which object a document is, as far as can be told. */
export interface FragmentIdentity {
  readonly definition: KindDefinition
  readonly id: ObjectId
  readonly key: ObjectKey
}

export type Fragment =
  /** Not even its kind and name can be told. */
  | { readonly type: 'unnamed'; readonly document: Document; readonly problems: readonly Problem[] }
  /** Known by name, but with errors: references to it resolve, and nothing more is said of them. */
  | ({
      readonly type: 'unusable'
      readonly document: Document
      readonly problems: readonly Problem[]
    } & FragmentIdentity)
  | UsableFragment

export interface UsableFragment extends FragmentIdentity {
  readonly type: 'usable'
  readonly document: Document
  /** Warnings. */
  readonly problems: readonly Problem[]
  readonly declaration: Declaration
  /** What the kind read; only the definition knows its type. */
  readonly part: unknown
  readonly object: DeclaredObject
  readonly claims: readonly Claim[]
}
