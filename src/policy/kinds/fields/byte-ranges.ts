/** How many ranges of bytes the C++ RE2 makes of one rune instruction of re2js, reading Latin-1 as Envoy has it do. */

const MAX_BYTE = 0xff

export interface ByteRanges {
  readonly count: number
  /** Whether the one range is that of every byte. */
  readonly anyByte: boolean
}

/** `runes` holds one rune, or pairs of lowest and highest. */
export function toByteRanges(runes: ArrayLike<number>): ByteRanges {
  // A letter that folds is one step, compared folded.
  if (runes.length === 1) return { count: (runes[0] ?? 0) > MAX_BYTE ? 0 : 1, anyByte: false }
  const pairs = Array.from({ length: runes.length / 2 }, (_, index) => ({
    low: runes[2 * index] ?? 0,
    high: Math.min(runes[2 * index + 1] ?? 0, MAX_BYTE),
  })).filter(({ low, high }) => low <= high)
  // Upper-case ranges of a class that folds are covered by the lower-case ones, which compare folded.
  const folds = foldsAscii(pairs)
  const kept = pairs.filter(({ low, high }) => !(folds && low >= 0x41 && high <= 0x5a))
  const [first] = kept
  return { count: kept.length, anyByte: first?.low === 0 && first.high === MAX_BYTE }
}

interface Range {
  readonly low: number
  readonly high: number
}

/** Whether the class holds each letter of ASCII in both cases or in neither (CharClass::FoldsASCII). */
function foldsAscii(ranges: readonly Range[]): boolean {
  const has = (code: number) => ranges.some(({ low, high }) => low <= code && code <= high)
  for (let upper = 0x41; upper <= 0x5a; upper++) if (has(upper) !== has(upper + 0x20)) return false
  return true
}
