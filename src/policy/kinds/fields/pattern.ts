/** Regular expressions as Envoy takes them: RE2, full match, of a bounded size (D18, D26). */
import { RE2JS, RE2JSException } from 're2js'
import { z } from 'zod'
import type { ProblemText } from '../../problem-at.ts'
import { shorten } from './names.ts'
import { rule } from './rule.ts'

/** Envoy refuses larger programs unless told otherwise (runtime key re2.max_program_size.error_level). */
const MAX_PROGRAM_SIZE = 100

/** Verdicts on patterns seen before: commits repeat the same few. Bounded, since patterns come from outside. */
const MAX_REMEMBERED = 10_000
const verdicts = new Map<string, ProblemText | undefined>()

export function judgePattern(pattern: string): ProblemText | undefined {
  if (verdicts.has(pattern)) return verdicts.get(pattern)
  const verdict = compileAndJudge(pattern)
  if (verdicts.size >= MAX_REMEMBERED) verdicts.clear()
  verdicts.set(pattern, verdict)
  return verdict
}

function compileAndJudge(pattern: string): ProblemText | undefined {
  try {
    const size = RE2JS.compile(pattern).programSize()
    return size > MAX_PROGRAM_SIZE ? tooLarge(size) : undefined
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return {
      code: 'PLB0510',
      message: `${JSON.stringify(shorten(pattern))} is not an RE2 regular expression: ${shorten(error.message)}`,
      fix: 'write RE2 syntax: no look-around, no back-references',
    }
  }
}

function tooLarge(size: number): ProblemText {
  return {
    code: 'PLB0511',
    message: `the pattern compiles to ${size} steps, and Envoy takes at most ${MAX_PROGRAM_SIZE}`,
    fix: 'split it over several matches, or write .* for what need not be exact',
  }
}

export const pattern = z.string().check(rule(judgePattern))
