/** One blob of a commit, as the policy language reads it. */
export interface SourceFile {
  /** Path inside the repository, with `/`, relative to the repository's root. */
  readonly path: string
  /** Git's object name of the blob: equal ids are equal bytes, so work on a file is cached by it. */
  readonly blob: string
  /**
   * What the tree says the entry is. Only regular files (100644, 100755) carry bytes;
   * the others are listed so that a policy path that is one of them can be reported.
   */
  readonly type: 'file' | 'symlink' | 'gitlink'
  /** Empty unless `type` is `file`. */
  readonly bytes: Uint8Array
}
