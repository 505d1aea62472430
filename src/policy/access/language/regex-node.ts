/** The syntax tree of a regular expression, reduced to what full matching over ASCII needs. */
import type { CharSet } from './char-set.ts'

/** Zero-width assertions (RE2: `\A ^`, `\z $`, `\b`, `\B`). */
export type Look = 'begin' | 'end' | 'word' | 'notWord'

export type RegexNode =
  | { readonly type: 'chars'; readonly set: CharSet }
  | { readonly type: 'look'; readonly look: Look }
  | { readonly type: 'concat'; readonly parts: readonly RegexNode[] }
  | { readonly type: 'alternate'; readonly parts: readonly RegexNode[] }
  | {
      readonly type: 'repeat'
      readonly body: RegexNode
      readonly min: number
      /** `Infinity` for no bound. */
      readonly max: number
    }
