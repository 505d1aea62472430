import { expect, it } from 'vitest'
import type { AccessChange } from '../../../src/policy/access/access-diff.ts'
import { printEditEffect } from '../../../src/review/drift/print-edit-effect.ts'

const opens = (namespace: string): AccessChange => ({
  ...{ type: 'namespace', direction: 'gained', namespace, locations: [] },
})

it('says ten lines of a sort, and how many more there are', () => {
  const access = Array.from({ length: 12 }, (_, index) => opens(`n${index}`))
  const { opened, closed } = printEditEffect({ type: 'changed', access, traffic: [] })
  expect(opened).toHaveLength(11)
  expect(opened.slice(-2)).toEqual([
    'every identity of the mesh → every service of n9',
    'and 2 more',
  ])
  expect(closed).toEqual([])
  const ten = printEditEffect({ type: 'changed', access: access.slice(0, 10), traffic: [] })
  expect(ten.opened).toHaveLength(10)
})

it('says so where there is nothing to say, or nobody knows', () => {
  expect(printEditEffect({ type: 'none' }).note).toBe(
    'it would have had no effect on access or traffic',
  )
  expect(printEditEffect({ type: 'unknown', reason: 'somebody tripped' }).note).toBe(
    'what it would have meant is not known: somebody tripped',
  )
})
