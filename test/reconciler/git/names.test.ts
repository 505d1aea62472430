/** What a configuration may name: repositories and refs. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRefName } from '../../../src/reconciler/git/ref-name.ts'
import { parseRepositoryUrl } from '../../../src/reconciler/git/repository-url.ts'

describe('a repository', () => {
  it.each([
    ['/srv/policy.git', { type: 'local', path: '/srv/policy.git' }],
    ['../policy', { type: 'local', path: '../policy' }],
    ['./a:b', { type: 'local', path: './a:b' }],
    ['file:///srv/policy%20repo', { type: 'local', path: '/srv/policy repo' }],
    ['https://host/team/policy.git', { type: 'http', url: 'https://host/team/policy.git' }],
    ['HTTPS://Host:443/policy//', { type: 'http', url: 'https://host/policy' }],
    ['http://127.0.0.1:3000/p', { type: 'http', url: 'http://127.0.0.1:3000/p' }],
  ])('is named by %s', (text, value) => {
    expect(parseRepositoryUrl(text)).toEqual({ ok: true, value })
  })

  it.each([
    '',
    '-u',
    '--upload-pack=touch /tmp/x',
    'ext::sh -c touch% /tmp/x',
    'ssh://git@host/policy.git',
    'git@host:team/policy.git',
    'host:policy.git',
    'git://host/policy.git',
    'ftp://host/policy.git',
    'file://other-host/policy.git',
    'https://',
    'https://host/policy.git?token=1',
    'https://host/policy.git#main',
    'a\0b',
  ])('is not named by %j', (text) => {
    expect(parseRepositoryUrl(text).ok).toBe(false)
  })

  it.each([
    'https://ada:hunter2@host/policy.git',
    'https://hunter2@host/policy.git',
    'https://host/policy.git?private_token=hunter2',
    'https://host/policy.git#hunter2',
    'ssh://ada:hunter2@host/policy.git',
    'ftp://hunter2@host/x',
    'https://ada:hunter2@',
  ])('that carries a secret is refused without repeating it: %s', (text) => {
    const address = parseRepositoryUrl(text)
    expect(!address.ok && address.error).toMatch(/\w/)
    expect(!address.ok && address.error).not.toContain('hunter2')
  })
})

describe('a ref', () => {
  it.each([
    ['main', ['refs/heads/main', 'refs/tags/main']],
    ['team/shop', ['refs/heads/team/shop', 'refs/tags/team/shop']],
    ['v1.2.3', ['refs/heads/v1.2.3', 'refs/tags/v1.2.3']],
    ['refs/pull/7/head', ['refs/pull/7/head']],
    ['HEAD', ['HEAD']],
    // An abbreviation may be a branch; it is never taken for a commit.
    ['abcdef1', ['refs/heads/abcdef1', 'refs/tags/abcdef1']],
    ['ümläut', ['refs/heads/ümläut', 'refs/tags/ümläut']],
  ])('%s is looked for under %j', (text, candidates) => {
    expect(parseRefName(text)).toEqual({ ok: true, value: { type: 'name', candidates } })
  })

  it('of 40 digits is a commit', () => {
    const commit = '0123456789abcdef0123456789abcdef01234567'
    expect(parseRefName(commit)).toEqual({ ok: true, value: { type: 'commit', commit } })
  })

  it.each([
    '',
    '-',
    '--all',
    'a..b',
    'a b',
    'a\tb',
    'a\u007f',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a.',
    '@',
    'a@{1}',
    '../../config',
  ])('is never %j', (text) => {
    const name = parseRefName(text)
    expect(!name.ok && name.error).toMatch(
      /^".*" cannot be a ref: it|^".*" cannot be a ref: a part/,
    )
  })

  it('never leads out of refs/', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '.', '/', '-', '@', '{', '\\', '~') }),
        (text) => {
          const name = parseRefName(text)
          if (!name.ok || name.value.type === 'commit') return
          for (const candidate of name.value.candidates) {
            expect(candidate).toMatch(/^refs\//)
            expect(candidate.split('/')).not.toContain('..')
          }
        },
      ),
    )
  })
})
