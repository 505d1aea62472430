/** Forge encodes and does nothing else here: every advisory against it is in parsing, verifying or decrypting. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../src')
const WRITER = 'ca/der-writer.ts'

const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.startsWith('generated/'),
)

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

it('is imported by the DER writer alone', () => {
  expect(sources.length).toBeGreaterThan(30)
  expect(sources.filter((file) => read(file).includes('node-forge'))).toEqual([WRITER])
})

it('is asked to encode, never to parse', () => {
  const text = read(WRITER)
  const used = (pattern: RegExp) => [...new Set(text.match(pattern) ?? [])].sort()
  expect(used(/\bforge\.\w+/g)).toEqual(['forge.asn1'])
  expect(used(/\basn1\.[a-z]\w+/g)).toEqual([
    'asn1.create',
    'asn1.dateToGeneralizedTime',
    'asn1.dateToUtcTime',
    'asn1.oidToDer',
    'asn1.toDer',
  ])
})
