/** What js-yaml refuses, said for the person who mends it. Only constant words of the parser reach a message. */
import { type DocumentDirective, YAMLException } from 'js-yaml'
import type { ReadingLimits } from './reading-limits.ts'
import type { ReadingProblemText } from './reading-problem.ts'
import { type Found, findControlCharacter, findTemplate } from './scalar-problems.ts'

/** Turns what `parseEvents` threw into a problem; anything else it throws is a bug and is thrown on. */
export function syntaxProblem(error: unknown, text: string, limits: ReadingLimits): Found {
  if (!(error instanceof YAMLException)) throw error
  // At the end of the text, the last thing written is what the author can look at.
  const end = text.trimEnd().length
  const stopped = error.mark?.position ?? 0
  const offset = Math.max(0, Math.min(stopped, end - 1))
  if (error.reason.startsWith('nesting exceeded')) return { offset, problem: tooDeep(limits) }
  return (
    findTemplateOutsideComments(text) ??
    findTabIndentation(error.reason, text, offset) ?? {
      offset,
      problem: stopped >= end ? unfinished() : explain(error.reason, text, offset),
    }
  )
}

const MARKS = /(?<![^\n\r])(?:<{7}|>{7}|\|{7})(?= )/

export function findConflictMarker(text: string): Found | undefined {
  const offset = text.search(MARKS)
  if (offset < 0) return undefined
  return {
    offset,
    problem: {
      code: 'PLB0110',
      message: 'a merge conflict was committed with its markers',
      fix: 'keep one side, and delete the lines of <, =, | and >',
    },
  }
}

export function directiveProblem(
  directives: readonly DocumentDirective[],
): ReadingProblemText | undefined {
  for (const directive of directives) {
    if (directive.kind === 'tag') {
      return {
        code: 'PLB0208',
        message: 'a %TAG directive gives tags another meaning',
        fix: 'delete the directive',
      }
    }
    if (directive.version !== '1.2') {
      return {
        code: 'PLB0212',
        message: `the document asks for YAML ${directive.version}; policies are YAML 1.2`,
        fix: 'delete the %YAML line, and quote what YAML 1.1 reads as a boolean or a number',
      }
    }
  }
  return undefined
}

function findTemplateOutsideComments(text: string): Found | undefined {
  for (const line of text.matchAll(/[^\n\r]+/g)) {
    if (line[0].trimStart().startsWith('#')) continue
    const found = findTemplate(line[0])
    if (found !== undefined) return { ...found, offset: line.index + found.offset }
  }
  return undefined
}

function findTabIndentation(reason: string, text: string, offset: number): Found | undefined {
  const lineStart =
    Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1
  const indentation = /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? ''
  const tab = indentation.indexOf('\t')
  if (tab < 0 && !reason.startsWith('tab characters')) return undefined
  return {
    offset: tab < 0 ? offset : lineStart + tab,
    problem: {
      code: 'PLB0202',
      message: 'a tab stands in the indentation, where YAML allows spaces only',
      fix: 'replace the tab by spaces, as many as the lines around it have',
    },
  }
}

function tooDeep(limits: ReadingLimits): ReadingProblemText {
  return {
    code: 'PLB0220',
    message: `values are nested more than ${limits.maxDepth} deep here`,
    fix: 'flatten the document; no policy is deeper than ten',
  }
}

function unfinished(): ReadingProblemText {
  return {
    code: 'PLB0201',
    message: 'the document ends inside a value',
    fix: 'close the quotes or brackets that were opened',
  }
}

interface Advice {
  readonly message: string
  readonly fix: string
}

const INDENTATION: Advice = {
  message: 'this line is indented differently from the ones it belongs to',
  fix: 'indent it as its siblings are',
}
const SECOND_COLON: Advice = {
  message: 'a second ": " stands on the line',
  fix: 'put the value in quotes if the colon belongs to it, or begin the inner key on a line of its own',
}
const RESERVED: Advice = {
  message: 'a value without quotes cannot begin with this character',
  fix: 'put the value in quotes',
}
const INLINE_ITEM: Advice = {
  message: 'a sequence cannot begin on the line of its key',
  fix: 'begin the "- " on the next line, or put the value in quotes',
}
const AFTER_CLOSE: Advice = {
  message: 'something follows the end of a value on its line',
  fix: "put the whole value within one pair of quotes, doubling the quotes inside: 'it''s'",
}
const AFTER_END: Advice = {
  message: 'this line belongs to nothing: the value above it is complete',
  fix: 'write "key: value" with a space after the colon, or indent the line',
}

const UNCLOSED: Advice = {
  message: 'a quote or a bracket that was opened above is still open on this line',
  fix: 'close it, or indent this line further than the key it belongs to',
}

const ADVICE: readonly (readonly [reason: RegExp, advice: Advice])[] = [
  [/^deficient indentation/, UNCLOSED],
  [/^end of the stream or a document separator is expected/, AFTER_END],
  [
    /^missed comma between flow collection entries|^expected the node content, but found ','/,
    {
      message: 'a comma is missing, or one too many stands, between [ ] or { }',
      fix: 'separate the entries with one comma each',
    },
  ],
  [
    /^can not read a block mapping entry|^expected ':' after a mapping key/,
    { message: 'this line is no "key: value"', fix: 'write a colon and a space after the key' },
  ],
  [
    /^a whitespace character is expected after the key-value separator/,
    { message: 'a colon without a space after it', fix: 'write a space after the colon' },
  ],
  [
    /^unknown escape sequence|^expected hexadecimal character/,
    {
      message: 'a backslash escape that YAML does not know, within double quotes',
      fix: 'use single quotes, within which a backslash is only a backslash',
    },
  ],
  [
    /^duplication of an anchor property|^duplication of a tag property|^alias node should not have/,
    { message: 'more than one anchor or tag on one value', fix: 'keep one, or none' },
  ],
  [
    /^bad explicit indentation|^repeat of|^a line break is expected/,
    {
      message: 'after | or > only an indentation digit, + or - may follow on the line',
      fix: 'begin the text on the next line',
    },
  ],
]

const UNKNOWN: Advice = { message: 'this cannot be read as YAML', fix: 'correct the syntax here' }

function explain(reason: string, text: string, offset: number): ReadingProblemText {
  const control = findControlCharacter(text.slice(offset, offset + 1))
  if (control !== undefined) return control.problem
  if (/tag (name|suffix|handle)|verbatim tag|TAG directive/.test(reason)) {
    return {
      code: 'PLB0208',
      message: 'a tag stands here, and not a well-formed one',
      fix: 'delete the tag; text that begins with ! needs quotes',
    }
  }
  const advice = /^bad indentation/.test(reason)
    ? explainIndentation(text, offset)
    : (ADVICE.find(([pattern]) => pattern.test(reason))?.[1] ?? UNKNOWN)
  return { code: 'PLB0201', ...advice }
}

/** js-yaml calls everything indentation that stands where a line should have ended. */
function explainIndentation(text: string, offset: number): Advice {
  const before = text.slice(0, offset)
  const sameLine = /[^\n\r]*$/.exec(before)?.[0].trim() ?? ''
  if (sameLine === '') return INDENTATION
  const rest = text.slice(offset, offset + 2)
  if (/^:/.test(rest)) return SECOND_COLON
  if (/^[@`%]/.test(rest)) return RESERVED
  if (/^- ?/.test(rest)) return INLINE_ITEM
  return /["'\]}]$/.test(sameLine) ? AFTER_CLOSE : INDENTATION
}
