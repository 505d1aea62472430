import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { Language } from '../../../src/policy/access/language/language.ts'

const members = {
  '/books': ['/books'],
  '/books(/\\d+)?': ['/books', '/books/7', '/books/12'],
  '.*a-book.*new': ['/buy-a-book/new', 'a-booknew'],
  '(?i)/API': ['/api', '/ApI'],
  '[^/]+': ['a', 'b.c'],
  '[[:alpha:]_]{2,3}': ['ab', '_ab'],
  '\\Qa.b\\E+': ['a.b', 'a.bbb'],
  '(?P<id>\\x41|\\x{42})': ['A', 'B'],
  '\\p{Lu}\\PN': ['AB', 'A-'],
  'a{2}': ['aa'],
  '\\bfoo\\b.*': ['foo', 'foo bar'],
  '': [''],
} as const satisfies Record<string, readonly string[]>

describe('a language', () => {
  it.each(Object.entries(members))('of %s has what RE2 matches in full', (pattern, texts) => {
    const language = Language.ofPattern(pattern)
    expect(texts.filter((text) => !language.has(text))).toEqual([])
  })

  it.each([
    ['/books', '/books/1'],
    ['/books', '/book'],
    ['[^/]+', 'a/b'],
    ['a{2}', 'a'],
    ['\\bfoo\\b.*', 'food'],
    ['(?i:a)b', 'AB'],
    ['$a', 'a'],
    ['a^', 'a'],
  ])('of %s does not have %s', (pattern, text) => {
    expect(Language.ofPattern(pattern).has(text)).toBe(false)
  })

  it('is empty when nothing can match, and has no witness then', () => {
    const language = Language.ofPattern('a$b')
    expect([language.isEmpty, language.witness()]).toEqual([true, undefined])
  })

  it.each([
    ['/books/.*', '/books/x', '/books/'],
    ['[ab]+', 'a+', 'b'],
    ['.*', 'a*', 'b'],
    ['/v[12]/.*', '/v1/.*', '/v2/'],
  ])('%s without %s has the witness %s', (wide, narrow, witness) => {
    const rest = Language.ofPattern(wide).minus(Language.ofPattern(narrow))
    expect(rest.witness()).toBe(witness)
  })

  it('gives equal languages equal keys, however they are written', () => {
    const keys = ['(a|b)*', '[ab]*', '(a*b*)*', '(?:b|a)*'].map((p) => Language.ofPattern(p).key)
    expect(new Set(keys).size).toBe(1)
  })
})

const atom = fc.constantFrom(
  'a',
  'b',
  '/',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\w',
  '\\b',
  '^',
  '$',
  '(?i:B)',
)
const pattern = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => a + b),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '*?'))
      .map(([a, bounds]) => `(?:${a})${bounds}`),
  ),
})).node
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '/', '1', '-'), maxLength: 6 })

describe('laws', () => {
  it('a language has exactly what an independent RE2 engine matches in full', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 20 }), (regex, texts) => {
        const language = Language.ofPattern(regex)
        const engine = RE2JS.compile(regex)
        expect(texts.map((t) => language.has(t))).toEqual(texts.map((t) => engine.matches(t)))
      }),
      { numRuns: 400 },
    )
  })

  it('union, intersection and difference are those of sets', () => {
    fc.assert(
      fc.property(pattern, pattern, text, (one, other, t) => {
        const a = Language.ofPattern(one)
        const b = Language.ofPattern(other)
        expect([a.union(b).has(t), a.intersect(b).has(t), a.minus(b).has(t)]).toEqual([
          a.has(t) || b.has(t),
          a.has(t) && b.has(t),
          a.has(t) && !b.has(t),
        ])
      }),
    )
  })

  it('a witness is a member, and only the empty language has none', () => {
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const rest = Language.ofPattern(one).minus(Language.ofPattern(other))
        const witness = rest.witness()
        expect(witness === undefined).toBe(rest.isEmpty)
        expect(witness === undefined || rest.has(witness)).toBe(true)
      }),
    )
  })
})
