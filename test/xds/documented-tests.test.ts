/** docs/xds.md names the test that holds each row of the protocol: those tests exist. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const ROW = /^\| *(\d+) *\|.*\| (.*?) *\|$/

it('every test that docs/xds.md names is there, for every row from 1 to 21', () => {
  const rows = readFileSync('docs/xds.md', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, number, held] = ROW.exec(line) ?? []
      return number === undefined || held === undefined ? [] : [{ number: Number(number), held }]
    })
  const missing = rows.flatMap(({ number, held }) => {
    const named = held.split(';').flatMap((part) => {
      const file = /`([\w-]+\.test\.ts)`/.exec(part)?.[1]
      const text = file === undefined ? '' : readFileSync(`test/xds/${file}`, 'utf8')
      return [...part.matchAll(/“([^”]+)”/g)].map(([, sentence = '']) => ({ sentence, text }))
    })
    const isDelta = held.startsWith('Delta')
    if (named.length === 0 && !isDelta) return [`row ${number} names no test`]
    return named
      .filter(({ sentence, text }) => !text.includes(sentence))
      .map(({ sentence }) => `row ${number}: ${sentence}`)
  })
  expect(missing).toEqual([])
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 21 }, (_, n) => n + 1))
})
