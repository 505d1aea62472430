/** Turns what zod found into located problems in our words. */
import type { z } from 'zod'
import { nearestName } from '../../model/nearest-name.ts'
import type { Problem } from '../../model/problem.ts'
import type { Document, DocumentPath } from '../document.ts'
import { printPath } from '../print-path.ts'
import { type ProblemText, problemAt, problemAtKey } from '../problem-at.ts'
import { valueAt } from '../value-at.ts'
import { shorten } from './fields/names.ts'
import { ruleText } from './fields/rule.ts'
import type { KindVersion } from './kind-definition.ts'
import { fieldsAt } from './schema-fields.ts'
import { textWanted } from './text-wanted.ts'

type Issue = z.core.$ZodIssue

/** `versions` are all of the kind, to say where an unknown field belongs. */
export function schemaProblems(
  document: Document,
  issues: readonly Issue[],
  version: KindVersion<unknown>,
  versions: readonly KindVersion<unknown>[],
): readonly Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path as DocumentPath
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownField({ document, path, key, version, versions }))
    return [problemAt(document, path, describe(document, path, issue))]
  })
}

interface UnknownField {
  readonly document: Document
  readonly path: DocumentPath
  readonly key: string
  readonly version: KindVersion<unknown>
  readonly versions: readonly KindVersion<unknown>[]
}

/** D30. Kubernetes would drop the field without a word. */
function unknownField({ document, path, key, version, versions }: UnknownField): Problem {
  const known = fieldsAt(version.schema, path)
  const elsewhere = versions.filter(
    (other) => other !== version && fieldsAt(other.schema, path).includes(key),
  )
  const nearest = nearestName(key, known)
  const where = path.length === 0 ? 'the document' : printPath(path)
  const inSpec = path.length === 0 && fieldsAt(version.schema, ['spec']).includes(key)
  return problemAtKey(document, [...path, key], {
    code: 'PLB0310',
    message: `${where} has no field ${JSON.stringify(shorten(key))} in ${version.name}; it has ${known.join(', ') || 'none'}`,
    fix: inSpec ? 'move it under spec' : fixOfUnknown({ key, nearest, elsewhere }),
  })
}

function fixOfUnknown(found: {
  readonly key: string
  readonly nearest: string | undefined
  readonly elsewhere: readonly KindVersion<unknown>[]
}): string {
  if (found.nearest !== undefined) return `write ${found.nearest}`
  const versions = found.elsewhere.map(({ name }) => name).join(' and ')
  if (versions !== '') return `remove it, or use the version that has it (${versions})`
  return 'remove it'
}

function describe(document: Document, path: DocumentPath, issue: Issue): ProblemText {
  const said = ruleText(issue)
  if (said !== undefined) return said
  const value = valueAt(document.value, path)
  const at = path.length === 0 ? 'the document' : printPath(path)
  if (issue.code === 'invalid_type') return wrongType(document, path, issue.expected)
  if (issue.code === 'invalid_value')
    return value === undefined ? missing(at) : notInList(at, value, issue.values)
  if (issue.code === 'too_small' || issue.code === 'too_big') return outOfRange(at, value, issue)
  // A schema of ours used a zod feature that has no words here: a bug, not a mistake of the author.
  throw new TypeError(`no words for the zod issue ${issue.code} at ${at}`)
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

function wrongType(document: Document, path: DocumentPath, expected: string): ProblemText {
  const value = valueAt(document.value, path)
  const at = path.length === 0 ? 'the document' : printPath(path)
  if (expected === 'string') return textWanted(at, value, document.sourceText(path))
  const wanted = TYPE_NAMES[expected] ?? expected
  if (value === undefined) return missing(at)
  if (value === null)
    return {
      code: 'PLB0316',
      message: `${at} is empty, and ${wanted} is expected`,
      fix: 'give it a value, or take the key out',
    }
  return {
    code: 'PLB0312',
    message: `${at} is ${describeValue(value)}, and ${wanted} is expected`,
    fix: fixOfType(value, expected, wanted),
  }
}

function fixOfType(value: unknown, expected: string, wanted: string): string {
  if (typeof value === 'string' && isPlainFor(value, expected))
    return `write ${value} without quotes`
  if (expected === 'array' && (typeof value === 'string' || typeof value === 'number'))
    return `write a list: [${shorten(JSON.stringify(value))}]`
  return `write ${wanted}`
}

function isPlainFor(text: string, expected: string): boolean {
  if (expected === 'boolean') return text === 'true' || text === 'false'
  if (expected === 'int') return /^-?[0-9]{1,15}$/.test(text)
  return expected === 'number' && /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(text)
}

function missing(at: string): ProblemText {
  return { code: 'PLB0311', message: `${at} is missing`, fix: `add ${at}` }
}

function notInList(at: string, value: unknown, values: readonly unknown[]): ProblemText {
  const names = values.map(String)
  const wanted = names.length === 1 ? names[0] : `one of ${names.join(', ')}`
  const nearest = nearestWord(value, names)
  return {
    code: 'PLB0314',
    message: `${at} is ${shorten(JSON.stringify(value))}, and ${wanted} is expected`,
    fix: nearest === undefined ? `write ${wanted}` : `write ${nearest}`,
  }
}

function nearestWord(value: unknown, names: readonly string[]): string | undefined {
  if (typeof value !== 'string') return undefined
  const sameLetters = names.find((name) => name.toLowerCase() === value.toLowerCase())
  return sameLetters ?? nearestName(value, names)
}

function outOfRange(
  at: string,
  value: unknown,
  issue: Extract<Issue, { readonly code: 'too_small' | 'too_big' }>,
): ProblemText {
  const bound =
    issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`
  if (issue.origin === 'array' || issue.origin === 'string')
    return {
      code: 'PLB0316',
      message:
        issue.code === 'too_small'
          ? `${at} is empty, and ${bound} ${issue.origin === 'array' ? 'entry' : 'character'} is expected`
          : `${at} is too long: ${bound} is expected`,
      fix: issue.code === 'too_small' ? 'add one' : 'shorten it',
    }
  return {
    code: 'PLB0315',
    message: `${at} is ${shorten(JSON.stringify(value))}, and ${bound} is expected`,
    fix: `write a number of ${bound}`,
  }
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'string') return `the text ${shorten(JSON.stringify(value))}`
  return `the ${typeof value} ${String(value)}`
}
