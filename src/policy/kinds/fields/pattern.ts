/** Regular expressions as Envoy takes them: RE2, full match, of a bounded size (D18, D26). */
import { RE2JS, RE2JSException } from 're2js'
import { z } from 'zod'
import type { ProblemText } from '../../problem-at.ts'
import { shorten } from './names.ts'
import { programSize } from './program-size.ts'
import { rule } from './rule.ts'

/** Envoy refuses larger programs unless told otherwise (runtime key re2.max_program_size.error_level). */
const MAX_PROGRAM_SIZE = 100

/** Programs that re2js makes larger than this are not measured: they are far too large by any count. */
const MAX_MEASURED_SIZE = 1000

/** Verdicts on patterns seen before: commits repeat the same few. Bounded, since patterns come from outside. */
const MAX_REMEMBERED = 10_000
const verdicts = new Map<string, ProblemText | undefined>()

/** Paths without a special character, which most are: valid, and as many steps as characters. */
const PLAIN = /^[A-Za-z0-9/_~%-]{0,80}$/

export function judgePattern(pattern: string): ProblemText | undefined {
  if (PLAIN.test(pattern)) return undefined
  if (verdicts.has(pattern)) return verdicts.get(pattern)
  const verdict = compileAndJudge(pattern)
  if (verdicts.size >= MAX_REMEMBERED) verdicts.clear()
  verdicts.set(pattern, verdict)
  return verdict
}

/** Envoy reads patterns byte by byte, so a character beyond ASCII is several, and `\x{100}` is none. */
const BEYOND_BYTES = /[^\0-\x7f]|\\x\{0*[1-9a-fA-F][0-9a-fA-F]{2,}\}/

function compileAndJudge(pattern: string): ProblemText | undefined {
  const [beyond] = BEYOND_BYTES.exec(pattern) ?? []
  if (beyond !== undefined) return beyondBytes(beyond)
  try {
    const compiled = RE2JS.compile(pattern)
    if (compiled.programSize() > MAX_MEASURED_SIZE) return tooLarge(`over ${MAX_MEASURED_SIZE}`)
    const size = programSize(compiled, pattern)
    return size > MAX_PROGRAM_SIZE ? tooLarge(String(size)) : undefined
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    const reason = error.message.replace(/^error parsing regexp: /, '')
    return {
      code: 'PLB0510',
      message: `${JSON.stringify(shorten(pattern))} is not an RE2 regular expression: ${shorten(reason)}`,
      fix: 'write RE2 syntax: no look-around, no back-references',
    }
  }
}

function beyondBytes(character: string): ProblemText {
  return {
    code: 'PLB0518',
    message: `the pattern holds ${character}, and Envoy compares bytes: beyond ASCII it would match something else, or nothing`,
    fix: 'write the bytes as they travel; in paths they are percent-encoded, as in %C3%A9',
  }
}

function tooLarge(size: string): ProblemText {
  return {
    code: 'PLB0511',
    message: `the pattern compiles to ${size} steps, and Envoy takes at most ${MAX_PROGRAM_SIZE}`,
    fix: 'split it over several matches, or write .* for what need not be exact',
  }
}

export const pattern = z.string().check(rule(judgePattern))
