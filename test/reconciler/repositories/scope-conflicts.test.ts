/** Who has a namespace that two MeshRepositories want. */
import { expect, it } from 'vitest'
import {
  type ScopeClaim,
  scopeConflicts,
} from '../../../src/reconciler/repositories/scope-conflicts.ts'
import { at } from '../../support/repository-states.ts'

function claim(name: string, second: number, namespaces?: readonly string[]): ScopeClaim {
  return { name, namespaces, createdAt: at(second) }
}

const conflicts = (...claims: readonly ScopeClaim[]) => Object.fromEntries(scopeConflicts(claims))

it('lets repositories with namespaces of their own side by side', () => {
  expect(conflicts(claim('a', 0, ['bank']), claim('b', 1, ['shop', 'till']))).toEqual({})
})

it('lets one repository have all namespaces', () => {
  expect(conflicts(claim('a', 0))).toEqual({})
})

it('refuses the younger of two, whatever their order, and names what they share', () => {
  const [a, b] = [claim('a', 5, ['bank', 'shop', 'till']), claim('b', 1, ['bank', 'till'])]
  const expected = {
    a: [
      'spec.namespaces has bank, till, and so has the MeshRepository b, which is older; take them out of one of the two',
    ],
  }
  expect(conflicts(a, b)).toEqual(expected)
  expect(conflicts(b, a)).toEqual(expected)
})

it('refuses the younger where one of them or both have all', () => {
  expect(conflicts(claim('a', 0, ['bank']), claim('b', 1))).toEqual({
    b: [
      'spec.namespaces is missing, which means all of them, and the MeshRepository a, which is older, has bank; name the namespaces of each',
    ],
  })
  expect(conflicts(claim('a', 0), claim('b', 1, ['bank']))).toEqual({
    b: [
      'spec.namespaces has bank, and the MeshRepository a, which is older, has all, as its spec.namespaces is missing; name them there',
    ],
  })
  expect(conflicts(claim('a', 0), claim('b', 1))).toEqual({
    b: [
      'spec.namespaces is missing, which means all of them, and the MeshRepository a, which is older, has all; name the namespaces of each',
    ],
  })
})

it('goes by name between those of one second', () => {
  expect(Object.keys(conflicts(claim('b', 0), claim('a', 0)))).toEqual(['b'])
})

it('refuses nobody for the sake of one that is refused', () => {
  const claims = [claim('a', 0, ['bank']), claim('b', 1, ['bank', 'shop']), claim('c', 2, ['shop'])]
  expect(Object.keys(conflicts(...claims))).toEqual(['b'])
})

it('names every older one that is in the way, and not more namespaces than can be read', () => {
  const many = Array.from({ length: 9 }, (_, index) => `n${index}`)
  const claims = [claim('a', 0, many), claim('b', 1, ['shop']), claim('c', 2, [...many, 'shop'])]
  expect(conflicts(...claims)['c']).toEqual([
    expect.stringContaining(
      'spec.namespaces has n0, n1, n2, n3, n4 and 4 more, and so has',
    ) as string,
    expect.stringContaining('spec.namespaces has shop, and so has the MeshRepository b') as string,
  ])
})
