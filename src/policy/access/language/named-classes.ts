/** The named character classes of RE2, as far as ASCII goes. */
import {
  ALPHABET_SIZE,
  type CharSet,
  charRange,
  charsOf,
  complementChars,
  NO_CHARS,
} from './char-set.ts'

const DIGIT = charRange(0x30, 0x39)
const UPPER = charRange(0x41, 0x5a)
const LOWER = charRange(0x61, 0x7a)
const ALPHA = UPPER | LOWER
const GRAPH = charRange(0x21, 0x7e)

export const WORD: CharSet = ALPHA | DIGIT | charsOf('_')

/** `\d \s \w`; the capital letters are their complements. RE2's `\s` has no vertical tab. */
export const PERL_CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  s: charsOf('\t\n\f\r '),
  w: WORD,
}

/** `[[:name:]]`. */
export const POSIX_CLASSES: Readonly<Record<string, CharSet>> = {
  alnum: ALPHA | DIGIT,
  alpha: ALPHA,
  ascii: charRange(0, 0x7f),
  blank: charsOf('\t '),
  cntrl: charRange(0, 0x1f) | charRange(0x7f, 0x7f),
  digit: DIGIT,
  graph: GRAPH,
  lower: LOWER,
  print: charRange(0x20, 0x7e),
  punct: GRAPH & complementChars(ALPHA | DIGIT),
  space: charsOf('\t\n\v\f\r '),
  upper: UPPER,
  word: WORD,
  xdigit: DIGIT | charsOf('abcdefABCDEF'),
}

/** `\pN`, `\p{Greek}`: the ASCII members of a Unicode category or script; `undefined` for a name nobody knows. */
export function unicodeClass(name: string): CharSet | undefined {
  if (name === 'Any') return charRange(0, ALPHABET_SIZE - 1)
  for (const property of [name, `Script=${name}`]) {
    const test = compileProperty(property)
    if (test === undefined) continue
    let set = NO_CHARS
    for (let code = 0; code < ALPHABET_SIZE; code++)
      if (test.test(String.fromCharCode(code))) set |= charRange(code, code)
    return set
  }
  return undefined
}

function compileProperty(property: string): RegExp | undefined {
  if (!/^(?:Script=)?\w+$/.test(property)) return undefined
  try {
    return new RegExp(`^\\p{${property}}$`, 'u')
  } catch {
    return undefined // not a property of this engine: the caller reports the pattern
  }
}
