import { describe, expect, it } from 'vitest'
import { Leading } from '../../../../src/cli/run/cluster/leading.ts'

/** Ended, it is to be given up; it is still held for whoever ends what it began. */
function aTerm() {
  const ending = new AbortController()
  return { signal: ending.signal, isHeld: () => true, end: () => ending.abort() }
}

describe('leading', () => {
  it('is told to whoever waits, when it begins and when it ends', async () => {
    const leading = new Leading()
    const before = leading.changed
    expect(leading.isHeld()).toBe(false)
    const term = aTerm()
    const over = leading.lead(term)
    expect(before.aborted).toBe(true)
    expect(leading.isHeld()).toBe(true)
    const during = leading.changed
    expect(during.aborted).toBe(false)
    term.end()
    await over
    expect(during.aborted).toBe(true)
    expect(leading.term).toBeUndefined()
  })

  it('is over only when everybody who acted in it has ended', async () => {
    const leading = new Leading()
    const term = aTerm()
    const { promise, resolve } = Promise.withResolvers<void>()
    const told: string[] = []
    const over = leading.lead(term).then(() => told.push('over'))
    const action = leading.act(promise.then(() => void told.push('written')))
    const { changed } = leading
    term.end()
    await new Promise(setImmediate)
    expect(told).toEqual([])
    // Nobody begins anything new, and what was begun may still be written: the term says itself until when.
    expect(changed.aborted).toBe(true)
    expect(leading.term).toBeUndefined()
    expect(leading.isHeld()).toBe(true)
    resolve()
    await Promise.all([over, action])
    expect(told).toEqual(['written', 'over'])
    expect(leading.isHeld()).toBe(false)
  })

  it('ends at once in a term that was over before it began', async () => {
    const term = aTerm()
    term.end()
    await new Leading().lead(term)
  })

  it('never ends where there is nobody else', () => {
    expect(Leading.always().isHeld()).toBe(true)
  })
})
