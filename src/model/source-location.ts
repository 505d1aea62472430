/** Where in a commit something stands. Lines and columns count from 1, as editors do; columns count UTF-16 units. */
export interface SourceLocation {
  /** Path inside the repository, with `/`, relative to the repository's root. */
  readonly file: string
  readonly line: number
  readonly column: number
}
