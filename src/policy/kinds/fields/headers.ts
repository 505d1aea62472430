/** Headers of a match, as a mapping or as a list of mappings; both are in use (D12). */
import { z } from 'zod'
import { byCodeUnit } from '../../../model/by-code-unit.ts'
import type { Problem } from '../../../model/problem.ts'
import type { DocumentPath } from '../../document.ts'
import type { HeaderMatch } from '../../intent/http-match.ts'
import type { ProblemText } from '../../problem-at.ts'
import type { Place } from '../kind-definition.ts'
import { textWanted } from '../text-wanted.ts'
import { shorten } from './names.ts'
import { judgePattern } from './pattern.ts'

const MAP_FORM = { type: 'object', additionalProperties: { type: 'string' } } as const

/** Read by `readHeaders`: the two forms are told apart there, with words of their own. */
export const headersField = z
  .unknown()
  .meta({ anyOf: [MAP_FORM, { type: 'array', items: MAP_FORM }] })

interface Entry {
  readonly name: string
  readonly value: unknown
  readonly path: DocumentPath
}

/** RFC 9110 5.1: a field name is a token. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

export function readHeaders(
  written: unknown,
  path: DocumentPath,
  place: Place,
): { readonly headers: readonly HeaderMatch[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const headers = new Map<string, { header: HeaderMatch; path: DocumentPath }>()
  for (const entry of entriesOf(written, path)) {
    const header = readHeader(entry, place)
    if ('code' in header) {
      problems.push(place.problem(entry.path, header))
      continue
    }
    const first = headers.get(header.name)
    if (first === undefined) headers.set(header.name, { header, path: entry.path })
    else problems.push(place.problem(entry.path, twice(entry.name, place.locate(first.path))))
  }
  const found = Array.from(headers.values(), ({ header }) => header)
  return { headers: found.sort((a, b) => byCodeUnit(a.name, b.name)), problems }
}

function entriesOf(written: unknown, path: DocumentPath): readonly Entry[] {
  if (written === undefined || written === null) return []
  if (Array.isArray(written))
    return written.flatMap((item: unknown, index) => {
      const at = [...path, index]
      return isMapping(item) ? entriesOfMapping(item, at) : [{ name: '', value: item, path: at }]
    })
  return isMapping(written) ? entriesOfMapping(written, path) : [{ name: '', value: written, path }]
}

function entriesOfMapping(
  mapping: Readonly<Record<string, unknown>>,
  path: DocumentPath,
): readonly Entry[] {
  return Object.entries(mapping).map(([name, value]) => ({ name, value, path: [...path, name] }))
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readHeader({ name, value, path }: Entry, place: Place): HeaderMatch | ProblemText {
  if (name === '' && !isMapping(value)) return wrongForm()
  if (!FIELD_NAME.test(name)) return badName(name)
  if (typeof value !== 'string')
    return textWanted(`the pattern of header ${name}`, value, place.sourceText(path))
  const verdict = judgePattern(value)
  if (verdict !== undefined) return verdict
  const lower = name.toLowerCase()
  return { name: lower === 'host' ? ':authority' : lower, valueRegex: value }
}

function wrongForm(): ProblemText {
  return {
    code: 'PLB0517',
    message: 'headers is neither a mapping of names to patterns nor a list of such mappings',
    fix: 'write headers: {user-agent: ".*Firefox.*"}',
  }
}

function badName(name: string): ProblemText {
  return {
    code: 'PLB0513',
    message: `${JSON.stringify(shorten(name))} is not the name of a header`,
    fix: name.startsWith(':')
      ? 'use pathRegex, methods or the header host in its place'
      : 'write a name of letters, digits and "-"',
  }
}

function twice(name: string, first: ReturnType<Place['locate']>): ProblemText {
  return {
    code: 'PLB0514',
    message: `header ${name} is named twice in one match, and other meshes keep only one of the two`,
    fix: 'write one pattern for it',
    related: [first],
  }
}
