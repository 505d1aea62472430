/** One YAML (or JSON) document of a file: its plain value, and where every part of it stands. */
import type { SourceLocation } from '../model/source-location.ts'

/** From the document's root: `['spec', 'backends', 1, 'weight']`. */
export type DocumentPath = readonly (string | number)[]

export interface Document {
  readonly file: string
  /** Position among the documents of the file, from 0. */
  readonly index: number
  /** Plain data: strings, finite numbers, booleans, null, arrays and objects whose keys are safe. */
  readonly value: unknown
  /** Where the value at the path stands; for a path that is absent, its nearest ancestor that is there. */
  locate(path: DocumentPath): SourceLocation
  /** Where the key that holds the value at the path stands; the value itself inside a sequence. */
  locateKey(path: DocumentPath): SourceLocation
  /** How a scalar was written, as `on` for a value read as text or `017`; `undefined` for anything but a scalar. */
  sourceText(path: DocumentPath): string | undefined
  /** Whether the scalar was quoted or a block scalar. */
  isQuoted(path: DocumentPath): boolean
}
