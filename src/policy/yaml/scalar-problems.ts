/** What can be wrong with a scalar whatever field it stands in. Pure: texts in, what to say out. */
import type { ReadingProblemText } from './reading-problem.ts'
import { otherReading, type ScalarValue } from './resolve-scalar.ts'

/** At most this much of a file is repeated in a message; the line itself is shown by the printers. */
const MAX_QUOTED = 80

/** Quoted as JSON, so that control characters arrive escaped. */
export function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text)
}

export function ambiguousScalar(text: string, value: ScalarValue): ReadingProblemText | undefined {
  const other = otherReading(text, value)
  if (other === undefined) return undefined
  const meant = [other.value, value].filter((reading) => typeof reading !== 'string').map(String)
  return {
    code: 'PLB0206',
    message: `unquoted ${text} is ${describe(value)} in YAML 1.2 and ${describe(other.value)} in YAML 1.1, which kubectl and others read`,
    fix: `write ${quote(text)} if text is meant, or else ${[...new Set(meant)].join(' or ')}`,
  }
}

/** A key is text in JSON, so readers print the value they took it for: `on` becomes "true", and 1.50 becomes "1.5". */
export function ambiguousKey(text: string, value: ScalarValue): ReadingProblemText | undefined {
  const readings = [otherReading(text, value)?.value ?? value, value]
  const other = readings.find((reading) => String(reading) !== text)
  if (other === undefined) return undefined
  return {
    code: 'PLB0206',
    message: `the unquoted key ${text} is taken for ${describe(other)} by some readers`,
    fix: `write ${quote(text)}`,
  }
}

function describe(value: ScalarValue): string {
  if (typeof value === 'string') return 'text'
  return value === null ? 'nothing' : `the ${typeof value} ${value}`
}

export function numberOutOfRange(text: string, value: ScalarValue): ReadingProblemText | undefined {
  if (typeof value !== 'number') return undefined
  if (!Number.isFinite(value)) {
    return {
      code: 'PLB0207',
      message: `${quote(text)} is not a finite number, and JSON, which the API server speaks, has no other`,
      fix: 'write a finite number, or quote it if text is meant',
    }
  }
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return undefined
  return {
    code: 'PLB0207',
    message: `${quote(text)} is beyond 2^53, where readers begin to lose digits`,
    fix: 'write a smaller number, or quote it if text is meant',
  }
}

const CONTROL = /[^\P{Cc}\t\n\r]|[\u2028\u2029]/u
const BIDI = /\p{Bidi_Control}/u
// A `${{ }}` of a workflow and a `$${` of a shell count as well: whoever reads the commit reads them as they stand.
const TEMPLATE = /\{\{|\$\{/

export interface Found {
  /** Offset within the text looked at. */
  readonly offset: number
  readonly problem: ReadingProblemText
}

/** Control characters but tab and line ends; NEL, LS and PS, which YAML 1.1 takes for line ends and YAML 1.2 does not. */
export function findControlCharacter(text: string): Found | undefined {
  const match = CONTROL.exec(text)
  if (match === null) return undefined
  return {
    offset: match.index,
    problem: {
      code: 'PLB0114',
      message: `the control character ${printCodePoint(match[0])} does not belong in a policy`,
      fix: 'delete the character',
    },
  }
}

/** UAX #9: characters that make text appear in another order than it is read (CVE-2021-42574). */
export function findBidiControl(text: string): Found | undefined {
  const match = BIDI.exec(text)
  if (match === null) return undefined
  return {
    offset: match.index,
    problem: {
      code: 'PLB0115',
      message: `the invisible character ${printCodePoint(match[0])} makes text appear in another order than it is read`,
      fix: 'delete the character',
    },
  }
}

export function findTemplate(text: string): Found | undefined {
  const match = TEMPLATE.exec(text)
  if (match === null) return undefined
  return {
    offset: match.index,
    problem: {
      code: 'PLB0213',
      message: `${match[0]} begins a template, and Plumbline renders none: every value is taken as it stands`,
      fix: 'commit the rendered manifest, or list the file in .plumbignore',
    },
  }
}

/** What escapes can bring into a scalar: characters that the text of the document was searched for already. */
export function unsoundEscape(text: string): ReadingProblemText | undefined {
  if (!text.isWellFormed()) {
    return {
      code: 'PLB0114',
      message: 'the text holds half of a surrogate pair, which no encoding can carry',
      fix: 'write the character itself, or both halves',
    }
  }
  return (findControlCharacter(text) ?? findBidiControl(text))?.problem
}

export function notComposed(text: string): ReadingProblemText | undefined {
  const composed = text.normalize('NFC')
  if (composed === text) return undefined
  return {
    code: 'PLB0214',
    message:
      'the text is not in Unicode Normalization Form C, so two names that look the same may differ',
    fix: `write it composed: ${quote(composed)}`,
  }
}

function printCodePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
