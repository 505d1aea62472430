/** `.plumbignore` means what `.gitignore` means: git itself is asked. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readIgnoreRules } from '../../../src/policy/files/ignore-rules.ts'

const folder = mkdtempSync(join(tmpdir(), 'plumbignore-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PATHS = [
  'a.yaml',
  'b/a.yaml',
  'b/c/a.yaml',
  'b/c/keep.yaml',
  'b/c/d/e.yaml',
  'workloads/x.yaml',
  'deep/workloads/x.yaml',
  'Workloads/x.yaml',
  'test-1.yaml',
  'b/test-22.yaml',
  'name with space.yaml',
  '#hash.yaml',
  '!bang.yaml',
  'a[1].yaml',
  '.hidden/x.yaml',
  'b/.hidden.yaml',
] as const

function rulesOf(files: Readonly<Record<string, string>>) {
  const entries = Object.entries(files).map(([path, text]) => ({
    path,
    bytes: new TextEncoder().encode(text),
  }))
  return readIgnoreRules(entries, (path) => path)
}

function ignoredByGit(name: string, files: Readonly<Record<string, string>>): string[] {
  const root = join(folder, name)
  mkdirSync(root, { recursive: true })
  execFileSync('git', ['init', '-q', root])
  writeFileSync(join(root, '.git/info/exclude'), '.*\n')
  for (const [path, text] of Object.entries(files)) {
    const target = join(root, dirname(path), '.gitignore')
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  for (const path of PATHS) mkdirSync(dirname(join(root, path)), { recursive: true })
  const result = execFileSync('git', ['-C', root, 'check-ignore', '--no-index', '-z', '--stdin'], {
    input: [...PATHS, 'certainly/ignored/.x'].join('\0'),
    encoding: 'utf8',
  })
  return result.split('\0').filter((path) => PATHS.some((known) => known === path))
}

describe('ignore rules', () => {
  it.each<[string, Record<string, string>]>([
    ['nothing but the defaults', { '.plumbignore': '' }],
    ['a folder anywhere', { '.plumbignore': 'workloads/' }],
    ['a folder at the root', { '.plumbignore': '/workloads' }],
    ['a star within a name', { '.plumbignore': 'test-*.yaml\n' }],
    ['two stars for folders', { '.plumbignore': 'b/**/a.yaml\n**/d/' }],
    ['everything but some', { '.plumbignore': '*.yaml\n!keep.yaml\n!a.yaml' }],
    ['a file that cannot come back', { '.plumbignore': 'b/\n!b/c/keep.yaml' }],
    [
      'comments, spaces and CRLF',
      { '.plumbignore': '# no\r\n\r\nname with space.yaml   \r\n\\#hash.yaml\r\n' },
    ],
    ['escapes', { '.plumbignore': '\\!bang.yaml\na\\[1\\].yaml' }],
    ['character classes', { '.plumbignore': 'test-[0-9].yaml\ntest-[!1]?.yaml' }],
    ['deeper rules over shallower', { '.plumbignore': 'a.yaml', 'b/.plumbignore': '!a.yaml\nc/d' }],
    ['deeper rules that ignore', { 'b/c/.plumbignore': '*\n!keep.yaml' }],
    ['hidden ones brought back', { '.plumbignore': '!.hidden/\n!.hidden.yaml' }],
    ['a rule anchored in a deeper file', { 'b/.plumbignore': '/a.yaml' }],
  ])('agree with git on %s', (name, files) => {
    const rules = rulesOf(files)
    expect(rules.problems).toEqual([])
    const expected = ignoredByGit(name.replaceAll(' ', '-'), files)
    expect(PATHS.filter((path) => rules.isIgnored(path))).toEqual(expected)
  })

  it('report a rule that would be costly to match, and go on with the others', () => {
    const rules = rulesOf({ 'b/.plumbignore': `${'*a'.repeat(9)}\na.yaml` })
    expect(rules.problems).toMatchObject([
      { code: 'PLB0120', location: { file: 'b/.plumbignore', line: 1, column: 1 } },
    ])
    expect(rules.isIgnored('b/a.yaml')).toBe(true)
  })

  it.each([
    ['three ** in a rule', '**/a/**/b/**'],
    ['a very long rule', 'a'.repeat(257)],
  ])('report %s', (_name, rule) => {
    expect(rulesOf({ '.plumbignore': rule }).problems).toMatchObject([{ code: 'PLB0120' }])
  })

  it('report once that there are too many', () => {
    const rules = rulesOf({ '.plumbignore': 'x\n'.repeat(600) })
    expect(rules.problems).toMatchObject([{ code: 'PLB0120', location: { line: 501 } }])
  })

  it('report a file that is not text', () => {
    const rules = readIgnoreRules(
      [{ path: '.plumbignore', bytes: new Uint8Array([0x80]) }],
      (path) => `p/${path}`,
    )
    expect(rules.problems).toMatchObject([
      { code: 'PLB0112', location: { file: 'p/.plumbignore' } },
    ])
  })
})
