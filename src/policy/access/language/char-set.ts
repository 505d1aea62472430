/**
 * Sets of ASCII characters, as 128-bit masks. HTTP paths, and the header values we decide about, are ASCII
 * (RFC 9110 5.5, RFC 3986 2): a character beyond ASCII in a pattern can match no request.
 */
export type CharSet = bigint

export const ALPHABET_SIZE = 128
export const NO_CHARS: CharSet = 0n
export const ALL_CHARS: CharSet = (1n << BigInt(ALPHABET_SIZE)) - 1n

export function charRange(from: number, to: number): CharSet {
  const last = Math.min(to, ALPHABET_SIZE - 1)
  if (from > last) return NO_CHARS
  return ((1n << BigInt(last - from + 1)) - 1n) << BigInt(from)
}

export function charsOf(text: string): CharSet {
  let set = NO_CHARS
  for (const char of text) set |= charRange(char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0)
  return set
}

export function complementChars(set: CharSet): CharSet {
  return ALL_CHARS & ~set
}

export function hasChar(set: CharSet, code: number): boolean {
  return ((set >> BigInt(code)) & 1n) === 1n
}

/** Adds the other case of every ASCII letter: RE2's `(?i)`, as far as ASCII goes. */
export function foldCase(set: CharSet): CharSet {
  const upper = set & charRange(0x41, 0x5a)
  const lower = set & charRange(0x61, 0x7a)
  return set | (upper << 32n) | (lower >> 32n)
}
