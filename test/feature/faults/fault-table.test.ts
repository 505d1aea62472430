/** The table of faults in the docs names tests that exist, by the names that they have. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const ROW = /^\| F(\d+) \| .* \| `(test\/[\w./-]+\.test\.ts)`: (.+) \|$/gm

const rows = [...readFileSync(join(ROOT, 'docs/faults.md'), 'utf8').matchAll(ROW)].map(
  ([, number = '', file = '', name = '']) => ({ number: Number(number), file, name }),
)

it.each(rows)('F$number: $file has a test of that name', ({ file, name }) => {
  expect(readFileSync(join(ROOT, file), 'utf8')).toContain(name)
})

it('has every fault of git, of the API server and of the process', () => {
  const numbers = new Set(rows.map(({ number }) => number))
  const wanted = [
    ...Array.from({ length: 14 }, (_, i) => i + 1),
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    27,
  ]
  expect([...wanted, 40].filter((number) => !numbers.has(number))).toEqual([])
})
