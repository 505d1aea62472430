/** How much of a commit is read, whoever wrote it: every bound that keeps a hostile file cheap. */

export interface ReadingLimits {
  /** Bytes of one file. Larger policy files exist only by accident. */
  readonly maxFileBytes: number
  /** Bytes of all files of the commit together. */
  readonly maxTotalBytes: number
  readonly maxFiles: number
  /** YAML documents in one file, items of a `kind: List` included. */
  readonly maxDocumentsPerFile: number
  /** Documents of the commit. */
  readonly maxDocuments: number
  /** Collections within collections. */
  readonly maxDepth: number
  /** Values in one document, each alias counted as everything it stands for. */
  readonly maxNodes: number
  /** Characters of one scalar: the most that all annotations of a Kubernetes object may hold. */
  readonly maxScalarLength: number
  readonly maxKeysPerMapping: number
}

/** Room for a repository of 10,000 documents with an order of magnitude to spare. */
export const READING_LIMITS: ReadingLimits = {
  maxFileBytes: 1 << 20,
  maxTotalBytes: 64 << 20,
  maxFiles: 20_000,
  maxDocumentsPerFile: 10_000,
  maxDocuments: 100_000,
  maxDepth: 50,
  maxNodes: 100_000,
  maxScalarLength: 256 << 10,
  maxKeysPerMapping: 2_000,
}
