/** Columns for people: aligned, and no longer than the terminal is wide where that can be. */
import { describe, expect, it } from 'vitest'
import { printColumns } from '../../../src/cli/repositories/print-columns.ts'

const row = (...texts: readonly string[]) => texts.map((text) => ({ text }))
const long = 'commit 2222222 has 14 problems'

describe('columns', () => {
  it('are as wide as their longest text, and end without blanks', () => {
    expect(printColumns([row('NAME', 'AGE'), row('payments', '3s'), row('a', '')]).text).toBe(
      'NAME       AGE\npayments   3s\na\n',
    )
  })

  it('cut one text where the line would be longer than the terminal, and no other', () => {
    const rows = [row('mesh', long, '3s'), row('payments', 'enforced', '4h')]
    const { text } = printColumns(rows, { width: 40, shortened: 1 })
    expect(text).toBe(
      'mesh       commit 2222222 has 14 p…   3s\npayments   enforced                   4h\n',
    )
    expect(printColumns(rows, { width: 100, shortened: 1 }).text).toContain(long)
    expect(printColumns(rows).text).toContain(long)
  })

  it('leave a text long enough to say something, whatever the terminal', () => {
    const { text } = printColumns([row('mesh', long)], { width: 10, shortened: 1 })
    expect(text).toBe('mesh   commit 2222222 has …\n')
  })

  it('stand below those that were printed before', () => {
    const { widths } = printColumns([row('payments', 'True')])
    expect(printColumns([row('mesh', 'False')], { least: widths })).toEqual({
      text: 'mesh       False\n',
      widths: [8, 5],
    })
  })

  it('count characters, and not the colours around them', () => {
    const red = (text: string) => `<red>${text}</red>`
    const rows = [[{ text: '🚀', style: red }, { text: 'x' }], row('ab', 'y')]
    expect(printColumns(rows).text).toBe('<red>🚀</red>    x\nab   y\n')
  })
})
