/**
 * The port behind which the root's key lives: one Secret of the cluster, so that every replica signs with the same root.
 *
 * Promises: `create` is atomic and never overwrites; after it answers 'exists', `load` answers what is there.
 * Assumes: the bytes are readable by the control plane alone. Errors: `AuthorityError`, thrown.
 */
export interface StoredRoots {
  /** Grows with every change of the set of trusted roots. */
  readonly sequence: number
  readonly signing: {
    readonly certificatePem: string
    /** PKCS#8. Never printed. */
    readonly privateKeyPem: string
  }
  /** Every root that proxies trust, the signing one among them. */
  readonly trustedPem: readonly string[]
}

export interface RootStore {
  load(): Promise<StoredRoots | undefined>
  create(roots: StoredRoots): Promise<'created' | 'exists'>
}
