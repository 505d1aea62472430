/** Laws of reading, over whatever a commit may hold. */
import fc from 'fast-check'
import { CORE_SCHEMA, dump, load, YAML11_SCHEMA } from 'js-yaml'
import { afterEach, describe, expect, it } from 'vitest'
import type { DocumentPath } from '../../../src/policy/document.ts'
import { otherReading, resolvePlain } from '../../../src/policy/yaml/resolve-scalar.ts'
import { readYaml } from './read-yaml.ts'

/** Pieces that YAML gives a meaning: far likelier than random characters to reach the corners of a parser. */
const PIECES = [
  'a',
  'b',
  'on',
  '017',
  ' ',
  '  ',
  '\n',
  '\r\n',
  '\t',
  ': ',
  ':',
  '- ',
  '? ',
  '#',
  ' # c',
  '"',
  "'",
  '|',
  '>',
  '|-\n',
  '{',
  '}',
  '[',
  ']',
  ', ',
  '&x ',
  '*x',
  '!!str ',
  '!t ',
  '<<',
  '__proto__',
  'constructor',
  '\n---\n',
  '\n...\n',
  '%YAML 1.2\n',
  '{{',
  '${',
  '\\',
  '\\u0041',
  '\u00e9',
  'e\u0301',
  '\u202e',
  '\u0000',
  '\ufeff',
  '\u2028',
  'kind: List\n',
  'apiVersion: v1\n',
  'items:\n',
] as const
const yamlLike = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 40 })
  .map((pieces) => pieces.join(''))

/** Values that any reader of YAML agrees on. */
const soundText = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((text) => text.normalize('NFC'))
  .filter((text) => !/[^\P{Cc}\t\n]|\p{Bidi_Control}|[\u2028\u2029]|\{\{|\$\{/u.test(text))
const soundKey = soundText.filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key))
const { value: soundValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    soundText,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(soundKey, tie('value'), { maxKeys: 4 }),
  ),
}))
const soundObject = fc.dictionary(soundKey, soundValue, { maxKeys: 5 })

afterEach(() => {
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

describe('any input', () => {
  const isSound = (input: string | Uint8Array) => {
    const { documents, problems } = readYaml(input)
    const text = typeof input === 'string' ? input : new TextDecoder('latin1').decode(input)
    const lineCount = text.split(/\r\n|[\n\r]/).length
    for (const { location, message, fix } of problems) {
      expect(location.line).toBeGreaterThanOrEqual(1)
      expect(location.line).toBeLessThanOrEqual(lineCount)
      expect(location.column).toBeGreaterThanOrEqual(1)
      expect(message.length + fix.length).toBeLessThan(600)
    }
    for (const { value } of documents) expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    return true
  }

  it('of bytes is read or reported', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), isSound), { numRuns: 500 })
  })

  it('that looks like YAML is read or reported', () => {
    fc.assert(fc.property(yamlLike, isSound), { numRuns: 5_000 })
  })

  it('before a document changes nothing in that document', () => {
    // NUL makes the whole file binary; a directive or a mark means something else after a marker than at the start.
    const withoutDirectives = yamlLike.filter(
      (text) => !['%', '\ufeff', '\0'].some((piece) => text.includes(piece)),
    )
    fc.assert(
      fc.property(withoutDirectives, withoutDirectives, (before, after) => {
        const alone = readYaml(`---\n${after}`).documents.map(({ value }) => value)
        const together = readYaml(`${before}\n---\n${after}`).documents.map(({ value }) => value)
        expect(together.slice(together.length - alone.length)).toEqual(alone)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('what is written is read', () => {
  it.each([
    ['as YAML', (value: unknown) => dump(value)],
    ['as YAML in flow style', (value: unknown) => dump(value, { flowLevel: 0 })],
    ['as JSON', (value: unknown) => JSON.stringify(value)],
    ['as indented JSON', (value: unknown) => JSON.stringify(value, null, '\t')],
  ])('%s', (_name, print) => {
    fc.assert(
      fc.property(soundObject, (value) => {
        const { documents, problems } = readYaml(print(value))
        expect(problems).toEqual([])
        expect(documents.map((document) => document.value)).toEqual([value])
      }),
      { numRuns: 500 },
    )
  })

  it('and every value is found where it stands', () => {
    fc.assert(
      fc.property(soundObject, (value) => {
        const text = dump(value)
        const lines = text.split('\n')
        const document = readYaml(text).documents[0]
        for (const path of pathsOf(value)) {
          const at = document?.locate(path) ?? { line: 0, column: 0 }
          const source = document?.sourceText(path)
          expect(at.line).toBeLessThanOrEqual(lines.length)
          if (source === undefined || source === '' || document?.isQuoted(path) === true) continue
          expect(lines[at.line - 1]?.slice(at.column - 1)).toMatch(
            startsWith(source.split('\n')[0] ?? ''),
          )
        }
      }),
      { numRuns: 500 },
    )
  })
})

function pathsOf(value: unknown, path: DocumentPath = []): DocumentPath[] {
  if (typeof value !== 'object' || value === null) return [path]
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item])
    : Object.entries(value)
  return [path, ...entries.flatMap(([part, member]) => pathsOf(member, [...path, part]))]
}

function startsWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}`)
}

describe('plain scalars', () => {
  const scalarLike = fc
    .array(fc.constantFrom(...'0123456789+-._:eExobfnaytrulN~I'), { minLength: 1, maxLength: 8 })
    .map((characters) => characters.join(''))
    // Only what a parser takes for one plain scalar.
    .filter((text) => !/^[-?:](?:$| )|:$|^-{3}$|^\.{3}$/.test(text))

  it('mean what js-yaml under the core schema says', () => {
    fc.assert(
      fc.property(scalarLike, (text) => {
        const ours = resolvePlain(text)
        // js-yaml leaves a number that overflows as text; for us it is one to refuse.
        fc.pre(!/e/i.test(text) || typeof ours !== 'number' || Number.isFinite(ours))
        const [theirs] = load(`[ ${text} ]`, { schema: CORE_SCHEMA }) as unknown[]
        expect(ours).toEqual(theirs)
      }),
      { numRuns: 5_000 },
    )
  })

  it('without another reading mean the same under YAML 1.1', () => {
    fc.assert(
      fc.property(scalarLike, (text) => {
        const ours = resolvePlain(text)
        const [theirs] = load(`[ ${text} ]`, { schema: YAML11_SCHEMA }) as unknown[]
        fc.pre(!(theirs instanceof Date))
        expect(otherReading(text, ours) === undefined).toBe(Object.is(theirs, ours))
      }),
      { numRuns: 5_000 },
    )
  })
})
