/** The page says the limits that hold. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { READING_LIMITS } from '../../src/policy/yaml/reading-limits.ts'

it('docs/policy-repository.md names the limits that hold', () => {
  const page = readFileSync('docs/policy-repository.md', 'utf8')
  const rows = [...page.matchAll(/^\| ([^|]+?) +\| ([\d,]+)( MiB)? +\|$/gm)]
  const inPage = Object.fromEntries(
    rows.map(([, what = '', number = '', unit]) => [
      what,
      Number(number.replaceAll(',', '')) * (unit === undefined ? 1 : 2 ** 20),
    ]),
  )
  expect(inPage).toEqual({
    'one file': READING_LIMITS.maxFileBytes,
    'all policy files of a commit': READING_LIMITS.maxTotalBytes,
    'policy files': READING_LIMITS.maxFiles,
    'documents in a file': READING_LIMITS.maxDocumentsPerFile,
    'documents in a commit': READING_LIMITS.maxDocuments,
    nesting: READING_LIMITS.maxDepth,
    'values in a document, aliases written out': READING_LIMITS.maxNodes,
    'characters of one scalar': READING_LIMITS.maxScalarLength,
    'keys of one mapping': READING_LIMITS.maxKeysPerMapping,
    'lines of one `.plumbignore`': 500,
  })
})
