/** The incremental step that the snapshot is made of. */
import { describe, expect, it } from 'vitest'
import { type DerivedTable, derive } from '../../../src/render/mesh/derive.ts'
import { sameValue } from '../../../src/render/mesh/same-value.ts'

interface Item {
  readonly size: number
  readonly colour?: string
}

/** Doubles sizes, and counts how often it is asked to. */
class Doubling {
  calls = 0
  table: DerivedTable<string, { readonly size: number }> | undefined

  run(items: ReadonlyMap<string, Item>): ReadonlyMap<string, { readonly size: number }> {
    this.table = derive({
      previous: this.table,
      sources: [items],
      rows: function* () {
        for (const [key, item] of items) yield [key, [item]] as const
      },
      make: (item: Item) => {
        this.calls += 1
        return { size: item.size * 2 }
      },
    })
    return this.table.values
  }
}

describe('a derived table', () => {
  const one: Item = { size: 1 }
  const two: Item = { size: 2 }

  it('computes a row again only when one of its inputs is another object', () => {
    const doubling = new Doubling()
    doubling.run(
      new Map([
        ['a', one],
        ['b', two],
      ]),
    )
    const after = doubling.run(
      new Map([
        ['a', one],
        ['b', { size: 5 }],
      ]),
    )
    expect([doubling.calls, [...after]]).toEqual([
      3,
      [
        ['a', { size: 2 }],
        ['b', { size: 10 }],
      ],
    ])
  })

  it('keeps the row and the map when a row that was computed again comes out equal', () => {
    const doubling = new Doubling()
    const before = doubling.run(new Map([['a', one]]))
    const after = doubling.run(new Map([['a', { size: 1, colour: 'red' }]]))
    expect(after).toBe(before)
    expect(doubling.calls).toBe(2)
  })

  it('looks at no row when its sources are the same', () => {
    const doubling = new Doubling()
    const items = new Map([['a', one]])
    const before = doubling.run(items)
    items.set('b', two) // against the rules: shows that the rows are not read
    expect(doubling.run(items)).toBe(before)
  })

  it.each([
    ['a row goes', [['a', one]]],
    [
      'a row comes',
      [
        ['a', one],
        ['b', two],
        ['c', one],
      ],
    ],
    [
      'one row takes the place of another',
      [
        ['a', one],
        ['c', two],
      ],
    ],
  ] as const)('is another map when %s', (_change, rows) => {
    const doubling = new Doubling()
    const before = doubling.run(
      new Map([
        ['a', one],
        ['b', two],
      ]),
    )
    const after = doubling.run(new Map<string, Item>(rows))
    expect(after).not.toBe(before)
    expect(after.get('a')).toBe(before.get('a'))
    expect([...after.keys()]).toEqual(rows.map(([key]) => key))
  })

  it('keeps the first row of a key that comes twice', () => {
    const table = derive({
      previous: undefined,
      sources: [],
      rows: () =>
        [
          ['a', [1]],
          ['a', [2]],
        ] as const,
      make: (value: number) => value,
    })
    expect([...table.values]).toEqual([['a', 1]])
  })
})

describe('equal values', () => {
  const equal: readonly (readonly [string, unknown, unknown])[] = [
    ['objects in any order of members', { a: 1, b: [2] }, { b: [2], a: 1 }],
    [
      'maps in any order',
      new Map([
        ['a', { x: 1 }],
        ['b', { x: 2 }],
      ]),
      new Map([
        ['b', { x: 2 }],
        ['a', { x: 1 }],
      ]),
    ],
    ['sets', new Set(['a', 'b']), new Set(['b', 'a'])],
    ['NaN and itself', Number.NaN, Number.NaN],
  ]
  const unequal: readonly (readonly [string, unknown, unknown])[] = [
    ['a member that is missing', { a: 1 }, { a: 1, b: 2 }],
    ['a member by another name that is undefined', { a: undefined }, { b: undefined }],
    ['items in another order', [1, 2], [2, 1]],
    ['an array and an object', [], {}],
    ['a map and an object', new Map(), {}],
    ['a set and an array', new Set(), []],
    ['an object and null', {}, null],
    ['maps with other keys', new Map([['a', undefined]]), new Map([['b', undefined]])],
    ['a number and its text', 1, '1'],
  ]

  it.each(equal)('are %s', (_name, a, b) => {
    expect([sameValue(a, b), sameValue(b, a)]).toEqual([true, true])
  })

  it.each(unequal)('are not %s', (_name, a, b) => {
    expect([sameValue(a, b), sameValue(b, a)]).toEqual([false, false])
  })
})
