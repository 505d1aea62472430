/**
 * Reads RE2 syntax into a syntax tree. Patterns have been accepted by an RE2 engine before they come here, so this reader
 * is for meaning, not for judging: what it cannot read it throws as `RegexSyntaxError`.
 * Syntax: github.com/google/re2/wiki/Syntax.
 */
import {
  ALL_CHARS,
  type CharSet,
  charRange,
  charsOf,
  complementChars,
  foldCase,
  NO_CHARS,
} from './char-set.ts'
import { PERL_CLASSES, POSIX_CLASSES, unicodeClass } from './named-classes.ts'
import type { RegexNode } from './regex-node.ts'

export class RegexSyntaxError extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.name = 'RegexSyntaxError'
    this.at = at
  }
}

interface Flags {
  readonly ignoreCase: boolean
  readonly dotMatchesNewline: boolean
}

const EMPTY: RegexNode = { type: 'concat', parts: [] }
const ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }
const LOOKS = { A: 'begin', z: 'end', b: 'word', B: 'notWord' } as const

export function parseRegex(pattern: string): RegexNode {
  return new RegexReader(unquote(pattern)).read()
}

/** Writes `\Q…\E` out as escaped characters: a repetition behind it governs its last character only. */
function unquote(pattern: string): string {
  return pattern.replace(/\\Q([\s\S]*?)(?:\\E|$)|\\[\s\S]/g, (whole, quoted?: string) =>
    quoted === undefined ? whole : quoted.replace(/[^A-Za-z0-9]/g, '\\$&'),
  )
}

/** Recursive descent over one pattern; lives for one call of parseRegex. */
class RegexReader {
  readonly #text: string
  #at = 0
  #flags: Flags = { ignoreCase: false, dotMatchesNewline: false }

  constructor(text: string) {
    this.#text = text
  }

  read(): RegexNode {
    const node = this.#alternation()
    if (this.#at < this.#text.length) throw this.#error('unmatched )')
    return node
  }

  #alternation(): RegexNode {
    const parts = [this.#concatenation()]
    while (this.#take('|')) parts.push(this.#concatenation())
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : { type: 'alternate', parts }
  }

  #concatenation(): RegexNode {
    const parts: RegexNode[] = []
    while (this.#at < this.#text.length && !this.#sees('|') && !this.#sees(')'))
      parts.push(this.#repetition())
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : { type: 'concat', parts }
  }

  #repetition(): RegexNode {
    let node = this.#atom()
    for (let bounds = this.#bounds(); bounds !== undefined; bounds = this.#bounds()) {
      this.#take('?') // a lazy repetition matches the same language
      node = { type: 'repeat', body: node, ...bounds }
    }
    return node
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#take('?')) return { min: 0, max: 1 }
    const match = this.#takePattern(/\{(\d+)(?:(,)(\d*))?\}/y)
    if (match === undefined) return undefined
    const min = Number(match[1])
    if (match[2] === undefined) return { min, max: min }
    return { min, max: match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]) }
  }

  #atom(): RegexNode {
    if (this.#take('(')) return this.#group()
    if (this.#take('[')) return { type: 'chars', set: this.#folded(this.#bracket()) }
    if (this.#take('.')) return { type: 'chars', set: this.#dot() }
    if (this.#take('^')) return { type: 'look', look: 'begin' }
    if (this.#take('$')) return { type: 'look', look: 'end' }
    if (this.#take('\\')) return this.#escape()
    return { type: 'chars', set: this.#folded(this.#literal()) }
  }

  #dot(): CharSet {
    return this.#flags.dotMatchesNewline ? ALL_CHARS : complementChars(charsOf('\n'))
  }

  #folded(set: CharSet): CharSet {
    return this.#flags.ignoreCase ? foldCase(set) : set
  }

  #literal(): CharSet {
    const code = this.#text.codePointAt(this.#at) ?? 0
    this.#at += code > 0xffff ? 2 : 1
    return charRange(code, code)
  }

  /** Flags set inside a group end with it; `(?i)` alone holds to the end of the group around it. */
  #group(): RegexNode {
    const outer = this.#flags
    if (this.#takePattern(/\?P?<\w+>/y) === undefined && this.#take('?')) {
      const match = this.#takePattern(/([imsU]*)(?:-([imsU]+))?([:)])/y)
      if (match === undefined) throw this.#error('unknown group')
      this.#flags = withFlags(outer, match[1] ?? '', match[2] ?? '')
      if (match[3] === ')') return EMPTY
    }
    const node = this.#alternation()
    if (!this.#take(')')) throw this.#error('missing )')
    this.#flags = outer
    return node
  }

  #escape(): RegexNode {
    const look = this.#takePattern(/[AzbB]/y)?.[0] as keyof typeof LOOKS | undefined
    if (look !== undefined) return { type: 'look', look: LOOKS[look] }
    return { type: 'chars', set: this.#folded(this.#classEscape() ?? this.#charEscape()) }
  }

  /** After a backslash: a class such as `\d`, `\P{Greek}`; `undefined` when it is a single character. */
  #classEscape(): CharSet | undefined {
    const perl = this.#takePattern(/[dswDSW]/y)?.[0]
    if (perl !== undefined) {
      const set = PERL_CLASSES[perl.toLowerCase()] ?? NO_CHARS
      return perl === perl.toLowerCase() ? set : complementChars(set)
    }
    const unicode = this.#takePattern(/([pP])(?:\{(\^?)(\w+)\}|(\w))/y)
    if (unicode === undefined) return undefined
    const set = unicodeClass(unicode[3] ?? unicode[4] ?? '')
    if (set === undefined) throw this.#error('unknown Unicode class')
    return (unicode[1] === 'P') !== (unicode[2] === '^') ? complementChars(set) : set
  }

  #charEscape(): CharSet {
    const code = this.#charEscapeCode()
    return charRange(code, code)
  }

  #charEscapeCode(): number {
    const hex = this.#takePattern(/x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/y)
    if (hex !== undefined) return Number.parseInt(hex[1] ?? hex[2] ?? '', 16)
    const octal = this.#takePattern(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y)
    if (octal !== undefined) return Number.parseInt(octal[0], 8)
    const letter = this.#takePattern(/[aftnrv]/y)?.[0]
    if (letter !== undefined) return ESCAPES[letter] ?? 0
    const punctuation = this.#takePattern(/[^A-Za-z0-9]/y)?.[0]
    if (punctuation === undefined) throw this.#error('unknown escape')
    return punctuation.codePointAt(0) ?? 0
  }

  #bracket(): CharSet {
    const negated = this.#take('^')
    let set = NO_CHARS
    for (let first = true; first || !this.#sees(']'); first = false) {
      if (this.#at >= this.#text.length) throw this.#error('missing ]')
      set |= this.#bracketItem()
    }
    this.#at++
    // Case folds before negation: (?i)[^a] leaves out both cases.
    const folded = this.#folded(set)
    return negated ? complementChars(folded) : folded
  }

  #bracketItem(): CharSet {
    const posix = this.#takePattern(/\[:(\^?)(\w+):\]/y)
    if (posix !== undefined) {
      const set = POSIX_CLASSES[posix[2] ?? '']
      if (set === undefined) throw this.#error('unknown class')
      return posix[1] === '^' ? complementChars(set) : set
    }
    const backslash = this.#at
    if (this.#take('\\')) {
      const escaped = this.#classEscape()
      if (escaped !== undefined) return escaped
      this.#at = backslash
    }
    const from = this.#bracketChar()
    if (!this.#sees('-') || this.#text[this.#at + 1] === ']') return charRange(from, from)
    this.#at++
    return charRange(from, this.#bracketChar())
  }

  #bracketChar(): number {
    if (this.#take('\\')) return this.#charEscapeCode()
    const code = this.#text.codePointAt(this.#at) ?? 0
    this.#at += code > 0xffff ? 2 : 1
    return code
  }

  #sees(char: string): boolean {
    return this.#text[this.#at] === char
  }

  #take(char: string): boolean {
    if (!this.#sees(char)) return false
    this.#at++
    return true
  }

  #takePattern(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at
    const match = sticky.exec(this.#text)
    if (match === null) return undefined
    this.#at = sticky.lastIndex
    return match
  }

  #error(message: string): RegexSyntaxError {
    return new RegexSyntaxError(message, this.#at)
  }
}

function withFlags(flags: Flags, on: string, off: string): Flags {
  const has = (letter: string, before: boolean) =>
    (before || on.includes(letter)) && !off.includes(letter)
  return {
    ignoreCase: has('i', flags.ignoreCase),
    dotMatchesNewline: has('s', flags.dotMatchesNewline),
  }
}
