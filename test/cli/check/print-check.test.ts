/** What `plumb check` writes. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkPolicies } from '../../../src/cli/check/check-policies.ts'
import { type CheckFormat, printCheck } from '../../../src/cli/check/print-check.ts'
import { toCommitSha } from '../../../src/model/commit-sha.ts'
import { PLAIN_STYLES } from '../../../src/review/problems/problems-text.ts'
import { aFile } from '../../policy/files/a-file.ts'

const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n'

function check(files: Readonly<Record<string, string>>, format: CheckFormat = 'text', from = '') {
  const source = {
    commit: toCommitSha('0'.repeat(40)),
    files: Object.entries(files).map(([path, text]) => aFile(path, text)),
    root: '',
    base: '/repository',
  }
  return printCheck({
    format,
    result: checkPolicies(source),
    source,
    styles: PLAIN_STYLES,
    workingDirectory: join('/repository', from),
    toolVersion: '0.1.0',
  })
}

describe('the result of a check', () => {
  it('is one line when all is well', () => {
    expect(check({ 'shop.yaml': NAMESPACE })).toBe('ok 1 file, 1 object\n')
  })

  it('shows each problem with its line', () => {
    expect(check({ 'team/shop.yaml': `${NAMESPACE}  name: shop\n` })).toMatchInlineSnapshot(`
      "team/shop.yaml
         5:3 error the key "name" stands twice in this mapping, and readers differ in which one they keep [PLB0203]
             |   name: shop
             |   ^
             fix: keep one of the two
             see: team/shop.yaml:4:3

      1 error in 1 file; plumb explain PLB0203 says more
      "
    `)
  })

  it('names files from where the person is', () => {
    const text = check(
      { 'team/shop.yaml': `${NAMESPACE}  name: shop\n`, 'b.yaml': 'a: 1' },
      'text',
      'team',
    )
    expect(text).toContain('\nshop.yaml\n')
    expect(text).toContain('../b.yaml\n')
    expect(text).toContain('see: shop.yaml:4:3')
  })

  it('names files from the root of the repository for programs', () => {
    const json = JSON.parse(check({ 'team/shop.yaml': '- 1' }, 'json', 'team')) as unknown
    expect(json).toMatchObject([{ code: 'PLB0215', file: 'team/shop.yaml', line: 1, column: 1 }])
  })

  it.each<[CheckFormat, string]>([
    ['json', '[]\n'],
    ['github', ''],
  ])('as %s says nothing more when all is well', (format, output) => {
    expect(check({ 'shop.yaml': NAMESPACE }, format)).toBe(output)
  })

  it.each<CheckFormat>(['sarif', 'junit', 'github'])(
    'as %s names the problem and its file',
    (format) => {
      const output = check({ 'shop.yaml': 'a: [' }, format)
      expect(output).toContain('PLB0201')
      expect(output).toContain('shop.yaml')
    },
  )

  it('shows no line of a file that is no text', () => {
    expect(check({ 'shop.yaml': 'secret\0' })).not.toContain('secret')
  })
})
