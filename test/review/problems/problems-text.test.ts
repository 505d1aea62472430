/** What a person sees. */
import { describe, expect, it } from 'vitest'
import { printProblemsText } from '../../../src/review/problems/problems-text.ts'
import { aProblem, HOSTILE } from './a-problem.ts'

const LINES: Readonly<Record<string, readonly string[]>> = {
  'shop/a.yaml': ['spec:', '  a: 1', '  a: 2'],
}
const sourceLine = (file: string, line: number) => LINES[file]?.[line - 1]

describe('problems as text', () => {
  it('are grouped by file, with the line, a mark, the mend and the counts', () => {
    const problems = [
      aProblem({
        location: { file: 'b.yaml', line: 10, column: 1 },
        severity: 'warning',
        code: 'PLB0301',
      }),
      aProblem({ related: [{ file: 'shop/a.yaml', line: 2, column: 3 }] }, 3, 3),
      aProblem({ message: 'another' }),
    ]
    expect(printProblemsText(problems, { sourceLine })).toMatchInlineSnapshot(`
      "b.yaml
        10:1 warning the key "a" stands twice [PLB0301]
             fix: keep one of the two

      shop/a.yaml
         2:4 error another [PLB0203]
             |   a: 1
             |    ^
             fix: keep one of the two

         3:3 error the key "a" stands twice [PLB0203]
             |   a: 2
             |   ^
             fix: keep one of the two
             see: shop/a.yaml:2:3

      2 errors and 1 warning in 2 files; plumb explain PLB0203 says more
      "
    `)
  })

  it('are nothing when there are none', () => {
    expect(printProblemsText([], { sourceLine })).toBe('')
  })

  it('set parts off by the styles given', () => {
    const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`
    const styles = {
      file: mark('f'),
      error: mark('e'),
      warning: mark('w'),
      quiet: mark('q'),
      fix: mark('x'),
    }
    expect(printProblemsText([aProblem()], { sourceLine, styles })).toMatchInlineSnapshot(`
      "<f>shop/a.yaml</f>
      <q>   2:4</q> <e>error</e> the key "a" stands twice <q>[PLB0203]</q>
             <q>|</q>   a: 1
             <q>|</q>    <e>^</e>
             <x>fix:</x> keep one of the two

      <e>1 error</e> in 1 file; <q>plumb explain PLB0203 says more</q>
      "
    `)
  })

  it('show no line where there is none, as for a binary file', () => {
    const text = printProblemsText([aProblem()], { sourceLine: () => undefined })
    expect(text).not.toContain('|')
  })

  it('cut a long line around the place', () => {
    const line = `key: ${'a'.repeat(500)}!${'b'.repeat(500)}`
    const text = printProblemsText([aProblem({}, 1, 506)], { sourceLine: () => line })
    const [, , shown = '', mark = ''] = text.split('\n')
    expect(shown).toHaveLength('       | '.length + 82)
    expect(shown.at(mark.indexOf('^'))).toBe('!')
  })

  it('keep the mark under its character where tabs and escapes stand before it', () => {
    const text = printProblemsText([aProblem({}, 1, 4)], { sourceLine: () => '\t\u001bx!' })
    const [, , shown = '', mark = ''] = text.split('\n')
    expect(shown).toBe('       |  \\u{1b}x!')
    expect(shown.at(mark.indexOf('^'))).toBe('!')
  })

  it('let nothing act on the terminal', () => {
    const hostile = aProblem({
      message: HOSTILE,
      fix: HOSTILE,
      location: { file: HOSTILE, line: 1, column: 1 },
      related: [{ file: HOSTILE, line: 1, column: 1 }],
    })
    const text = printProblemsText([hostile], { sourceLine: () => HOSTILE })
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    expect(text.split('\n')).toHaveLength(9)
  })
})
