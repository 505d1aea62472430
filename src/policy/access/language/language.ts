/**
 * A regular language of ASCII strings: what a pattern matches, in full, of what can occur. Immutable; equal languages have equal
 * keys. Questions about containment are decided exactly, and a difference yields a concrete member.
 */
import { ALPHABET_SIZE } from './char-set.ts'
import { determinise } from './determinise.ts'
import { accepts, DEAD, type Dfa, productDfa, someString } from './dfa.ts'
import { minimise } from './minimise.ts'
import { toNfa } from './nfa.ts'
import { parseRegex } from './parse-regex.ts'

export class Language {
  readonly #dfa: Dfa
  #key: string | undefined
  #witness: string | undefined

  /** Compiles RE2 syntax. Throws RegexSyntaxError or AutomatonTooLargeError. */
  static ofPattern(pattern: string): Language {
    return new Language(determinise(toNfa(parseRegex(pattern))))
  }

  private constructor(dfa: Dfa) {
    this.#dfa = minimise(dfa)
  }

  get isEmpty(): boolean {
    return this.#dfa.accepting.length === 0
  }

  /** Equal for equal languages, and only for those. */
  get key(): string {
    this.#key ??= `${this.#dfa.classOf.join('.')}|${this.#dfa.next.join('.')}|${this.#dfa.accepting.join('')}`
    return this.#key
  }

  has(text: string): boolean {
    return accepts(this.#dfa, text)
  }

  union(other: Language): Language {
    return this.#combine(other, (inThis, inOther) => inThis || inOther)
  }

  intersect(other: Language): Language {
    return this.#combine(other, (inThis, inOther) => inThis && inOther)
  }

  minus(other: Language): Language {
    return this.#combine(other, (inThis, inOther) => inThis && !inOther)
  }

  contains(other: Language): boolean {
    return this === other || !someString(other.#dfa, this.#dfa, 'not in b')
  }

  overlaps(other: Language): boolean {
    return someString(this.#dfa, other.#dfa, 'in b')
  }

  #combine(other: Language, wanted: (inThis: boolean, inOther: boolean) => boolean): Language {
    return new Language(productDfa(this.#dfa, other.#dfa, wanted))
  }

  /**
   * A shortest member that is not the empty string, made of the characters a person would type first. The empty string only where
   * there is no other; `undefined` for the empty language.
   */
  witness(): string | undefined {
    if (!this.isEmpty) this.#witness ??= this.#findWitness()
    return this.#witness
  }

  #findWitness(): string {
    const paths = new Map<number, string>([[0, '']])
    for (const [state, text] of paths)
      for (const [to, char] of this.#edges(state)) {
        if (this.#dfa.accepting[to] === 1) return text + char
        if (!paths.has(to)) paths.set(to, text + char)
      }
    return ''
  }

  #edges(state: number): (readonly [number, string])[] {
    const edges: (readonly [number, string])[] = []
    const seen = new Set<number>()
    for (const char of READABLE_FIRST) {
      const column = this.#dfa.classOf[char.charCodeAt(0)] ?? 0
      if (seen.has(column)) continue
      seen.add(column)
      const to = this.#dfa.next[state * this.#dfa.classCount + column] ?? DEAD
      if (to !== DEAD) edges.push([to, char])
    }
    return edges
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const READABLE_FIRST = [
  ...`${LETTERS}/0123456789-_.${LETTERS.toUpperCase()}`,
  ...Array.from({ length: ALPHABET_SIZE }, (_, code) => String.fromCharCode(code)),
]
