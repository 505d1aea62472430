/** Who is asked, and what counts as yes. */
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { confirm } from '../../src/cli/confirm.ts'

const question = 'roll mesh back?'

/** A person who types the answer. */
function aTerminal(answer: string) {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = new PassThrough()
  input.write(`${answer}\n`)
  return { input, output }
}

describe('a confirmation', () => {
  const { signal } = new AbortController()

  it.each([
    ['y', true],
    ['YES ', true],
    ['n', false],
    ['', false],
    ['yesterday', false],
  ])('takes %j for %s', async (answer, confirmed) => {
    const { input, output } = aTerminal(answer)
    expect(await confirm({ yes: false, question, input, output }, signal)).toBe(confirmed)
    expect(String(output.read())).toContain('roll mesh back? [y/N] ')
  })

  it('is not asked for with --yes, nor of a script', async () => {
    const input = new PassThrough()
    expect(await confirm({ yes: true, question, input }, signal)).toBe(true)
    await expect(confirm({ yes: false, question, input }, signal)).rejects.toThrow(
      'there is no terminal on which to ask "roll mesh back?"; say --yes',
    )
  })

  it('is a no when it is interrupted', async () => {
    const interrupt = new AbortController()
    const input = Object.assign(new PassThrough(), { isTTY: true })
    const answer = confirm(
      { yes: false, question, input, output: new PassThrough() },
      interrupt.signal,
    )
    interrupt.abort()
    expect(await answer).toBe(false)
  })

  it('is a no when the input ends without an answer', async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true })
    input.end()
    const output = new PassThrough()
    expect(await confirm({ yes: false, question, input, output }, signal)).toBe(false)
  })

  it('is a no when Ctrl-C is pressed on a terminal', async () => {
    const setRawMode = () => {}
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode })
    const output = Object.assign(new PassThrough(), { isTTY: true })
    const answer = confirm({ yes: false, question, input, output }, signal)
    input.write('\u0003')
    expect(await answer).toBe(false)
  })
})
