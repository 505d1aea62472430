import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalisePath } from '../../../src/policy/access/normalise-path.ts'
import { REQUEST_PATHS } from '../../../src/policy/access/universe.ts'

describe('the path that rules see', () => {
  // Each row is what Envoy 1.40 does; test/real/normalise-path.test.ts asks it.
  it.each([
    ['/a?x=1', '/a'],
    ['/a/../b', '/b'],
    ['/../b', '/b'],
    ['/a/..', '/'],
    ['/a/.', '/a/'],
    ['/a/%2e%2E/b', '/b'],
    ['/a/...', '/a/...'],
    ['/a/..;/b', '/b'],
    ['/a/.;x/b', '/a/b'],
    ['/a\\..\\b', '/b'],
    ['//a//b', '/a/b'],
    ['/a/b/..//c', '/a/c'],
    ['/a//../b', '/a/b'],
    ['///', '//'],
    ['/%41%7e%2D', '/A~-'],
    ['/%252f', '/%252f'],
    ['/%zz', '/%zz'],
    ['/a<b>"^`{|}', '/a%3Cb%3E%22%5E%60%7B%7C%7D'],
    ['/%%34%31', '/%2541'],
    ['/%a%41', '/%25aA'],
    ['/%%41', '/%A'],
    ['/%2e%2e;', '/..;'],
    ['/a/..;b;c/../d', '/d'],
    ['//..', '/'],
    ['/a/..;b\\c/d', '/d'],
    ['/a/.;%00', '/a/'],
    ['/a\\..;b', '/a/..;b'],
    ['/..//', '//'],
    ['/%C3%A9', '/%C3%A9'],
    ['/', '/'],
  ])('of %s is %s', (sent, seen) => {
    expect(normalisePath(sent)).toBe(seen)
  })

  it.each(['/a%2fb', '/a%5Cb', '/%00', '/a#b', '/a b', '/é', 'a', '', '*'])(
    'is none for %j, which the sidecar refuses',
    (sent) => {
      expect(normalisePath(sent)).toBe(undefined)
    },
  )

  it('is always one that the universe of paths has', () => {
    const piece = fc.constantFrom(...'/.;a%4<?\\'.split(''), '//', '..', '%2e', '34', '%31')
    const path = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`)
    fc.assert(
      fc.property(path, (sent) => {
        const seen = normalisePath(sent)
        expect(seen === undefined || REQUEST_PATHS.has(seen)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
