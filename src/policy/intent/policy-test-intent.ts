/** A PolicyTest: what the repository itself claims about who may call what. */
import type { ObjectId } from '../../model/object-id.ts'
import type { ServiceAccount } from '../../model/service-account.ts'
import type { ServiceName } from '../../model/service-name.ts'
import type { SourceLocation } from '../../model/source-location.ts'

/** One request from one service account to one service. Without a `path` it asks about the TCP connection. */
export interface PolicyTestCase {
  readonly name: string
  readonly from: ServiceAccount
  readonly to: { readonly service: ServiceName; readonly port?: number }
  readonly request?: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
  }
  readonly expect: 'allow' | 'deny'
  readonly location: SourceLocation
}

/** Accounts by namespace, or one account. */
export interface AccountPattern {
  readonly namespace: string
  /** Absent: every account of the namespace. */
  readonly serviceAccount?: string
}

/** Nobody but `onlyFrom` may reach `to`, by any request. */
export interface PolicyInvariant {
  readonly name: string
  readonly to: { readonly namespace: string; readonly service?: string; readonly port?: number }
  readonly onlyFrom: readonly AccountPattern[]
  readonly location: SourceLocation
}

export interface PolicyTestIntent {
  readonly id: ObjectId
  readonly location: SourceLocation
  readonly cases: readonly PolicyTestCase[]
  readonly invariants: readonly PolicyInvariant[]
}
