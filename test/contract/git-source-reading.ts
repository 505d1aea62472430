/** What every adapter of the git port promises of reading a commit, hostile ones included. */
import { describe, expect, it } from 'vitest'
import { type GitSourceFixture, LIMITS, NEVER, refusal } from './git-source-fixture.ts'

/** Part of `gitSourceContract`. */
export function gitSourceReading(given: GitSourceFixture): void {
  describe('read', () => {
    it('gives the wanted files with their bytes and object names, sorted by path', async () => {
      given.repository.commit({
        'b/deep/c.yaml': 'c',
        'b.yaml': 'b',
        'Z.yaml': 'z',
        'é.yaml': 'accent',
        'readme.md': 'not wanted',
        'empty.yaml': '',
      })
      const files = await given.read('main', { wanted: (path) => path.endsWith('.yaml') })
      expect(files.map((file) => ({ ...file, bytes: Buffer.from(file.bytes).toString() }))).toEqual(
        [
          ['Z.yaml', 'z'],
          ['b.yaml', 'b'],
          ['b/deep/c.yaml', 'c'],
          ['empty.yaml', ''],
          ['é.yaml', 'accent'],
        ].map(([path, bytes]) => ({
          path,
          blob: given.repository.git('rev-parse', `HEAD:${path}`),
          type: 'file',
          bytes,
        })),
      )
    })

    it('gives bytes as they were committed', async () => {
      const bytes = Buffer.from(
        Array.from({ length: 70_000 }, (_, at) => (at * 7 + (at >> 8)) & 255),
      )
      given.repository.commit({ 'a.yaml': bytes, 'b.yaml': 'one\r\ntwo\r\n' })
      const [a, b] = await given.read('main')
      expect(Buffer.from(a?.bytes ?? []).equals(bytes)).toBe(true)
      expect(Buffer.from(b?.bytes ?? []).toString()).toBe('one\r\ntwo\r\n')
    })

    it('reads an executable as a file, and says what links and submodules are without following them', async () => {
      given.repository.write({
        'link.yaml': { link: '/etc/passwd' },
        'tool.yaml': { script: '#!/bin/sh' },
      })
      given.repository.git('add', '-A')
      given.repository.git(
        'update-index',
        '--add',
        '--cacheinfo',
        `160000,${'a'.repeat(40)},module.yaml`,
      )
      given.repository.git('commit', '-q', '-m', 'odd entries')
      const files = await given.read('main')
      expect(files.map(({ path, type, bytes }) => [path, type, bytes.length])).toEqual([
        ['link.yaml', 'symlink', 0],
        ['module.yaml', 'gitlink', 0],
        ['tool.yaml', 'file', 9],
      ])
    })

    it('lists a folder that is a link whatever names are wanted: it has no ending, and must be reported', async () => {
      const commit = given.repository.commit({
        'a.yaml': 'a',
        policies: { link: '/srv' },
        'b.txt': '',
      })
      const from = await given.source()
      await from.resolve('main', NEVER)
      const wanted = (path: string) => path.endsWith('.yaml')
      const files = await from.read({ commit, path: '', wanted, limits: LIMITS, signal: NEVER })
      expect(files.map(({ path, type }) => [path, type])).toEqual([
        ['a.yaml', 'file'],
        ['policies', 'symlink'],
      ])
    })

    it('reads below a folder only, and gives paths from the root', async () => {
      given.repository.commit({
        'mesh/prod/a.yaml': 'a',
        'mesh/b.yaml': 'b',
        'c.yaml': 'c',
        'meshes/d': '',
      })
      const paths = async (path: string): Promise<readonly string[]> =>
        (await given.read('main', { path })).map((file) => file.path)
      expect(await paths('mesh')).toEqual(['mesh/b.yaml', 'mesh/prod/a.yaml'])
      expect(await paths('./mesh/prod/')).toEqual(['mesh/prod/a.yaml'])
    })

    it('says PathNotFound for what is no folder', async () => {
      given.repository.commit({ 'mesh/a.yaml': 'a', link: { link: 'mesh' } })
      const paths = ['absent', 'mesh/absent', 'mesh/a.yaml', 'link', 'mesh/..', '../mesh']
      for (const path of paths)
        expect([path, await refusal(given.read('main', { path }))]).toEqual([path, 'PathNotFound'])
    })

    it('reads the same files of a commit for ever', async () => {
      const old = given.repository.commit({ 'a.yaml': 'a' })
      const before = await given.read('main')
      given.repository.commit({ 'a.yaml': 'b' })
      given.repository.git('commit', '-q', '--amend', '-m', 'rewritten')
      await given.read('main')
      const from = await given.source()
      const request = { commit: old, path: '', wanted: () => true, limits: LIMITS, signal: NEVER }
      expect(await from.read(request)).toEqual(before)
    })

    it('hands back the same object for a file that did not change', async () => {
      given.repository.commit({ 'a.yaml': 'a', 'b.yaml': 'b', 'c/d.yaml': 'd' })
      const [a, b, d] = await given.read('main')
      given.repository.commit({ 'b.yaml': 'changed' })
      const [nextA, nextB, nextD] = await given.read('main')
      expect(nextA).toBe(a)
      expect(nextB).not.toBe(b)
      expect(nextD).toBe(d)
    })

    it('reads on after everything was packed anew', async () => {
      given.repository.commit({ 'a.yaml': 'a' })
      await given.read('main')
      given.repository.commit({ 'b.yaml': 'b' })
      given.repository.git('gc', '-q', '--prune=now')
      const files = await given.read('main')
      expect(files.map((file) => Buffer.from(file.bytes).toString())).toEqual(['a', 'b'])
    })

    it('says LimitExceeded for too many files, a file too large, too much in all', async () => {
      given.repository.commit({ 'a.yaml': 'a', 'b.yaml': 'bbbb', 'c.yaml': 'cc' })
      for (const limits of [{ maxFiles: 2 }, { maxFileBytes: 3 }, { maxTotalBytes: 6 }])
        expect(await refusal(given.read('main', { limits }))).toBe('LimitExceeded')
      const exact = { maxFiles: 3, maxFileBytes: 4, maxTotalBytes: 7 }
      expect(await given.read('main', { limits: exact })).toHaveLength(3)
    })

    it('counts entries before it reads any, folders and unwanted ones too', async () => {
      given.repository.commit({ 'a/b/c/d/e.yaml': 'e' })
      const options = { limits: { maxFiles: 4 }, wanted: () => false }
      expect(await refusal(given.read('main', options))).toBe('LimitExceeded')
      expect(await given.read('main', { ...options, limits: { maxFiles: 5 } })).toEqual([])
    })

    it('stops when aborted', async () => {
      given.repository.commit({ 'a.yaml': 'a' })
      const from = await given.source()
      const aborted = AbortSignal.abort()
      expect(await refusal(from.resolve('main', aborted))).toBe('Aborted')
      expect(await refusal(given.read('main', { signal: aborted }))).toBe('Aborted')
    })
  })

  describe('hostile trees', () => {
    const HOSTILE = [
      ['..', '040000'],
      ['.', '040000'],
      ['.git', '040000'],
      ['.GIT', '040000'],
      ['git~1', '040000'],
      ['.g\u200cit', '040000'],
      ['a/b.yaml', '100644'],
      ['a\\b.yaml', '100644'],
      ['a\nb.yaml', '100644'],
      ['\u202elmay.yaml', '100644'],
    ] as const

    it('with a name that leads elsewhere or deceives are refused', async () => {
      const blob = given.repository.blob('x')
      given.repository.commit({ 'a.yaml': 'a' })
      const tree = given.repository.git('rev-parse', 'HEAD^{tree}')
      for (const [name, mode] of HOSTILE) {
        given.repository.commitTree([{ mode, name, oid: mode === '040000' ? tree : blob }])
        expect([name, await refusal(given.read('hostile'))]).toEqual([name, 'RepositoryInvalid'])
      }
    })

    it('refuses a wanted name that is not UTF-8, and leaves an unwanted one alone', async () => {
      const wanted = (path: string) => path.endsWith('.yaml')
      const oid = given.repository.blob('x')
      const commit = (ending: string) => {
        const name = Buffer.from([0x61, 0xff, ...Buffer.from(ending)])
        given.repository.commitTree([
          { mode: '100644', name, oid },
          { mode: '100644', name: 'b.yaml', oid },
        ])
      }
      commit('.yaml')
      expect(await refusal(given.read('hostile', { wanted }))).toBe('RepositoryInvalid')
      commit('.png')
      const files = await given.read('hostile', { wanted })
      expect(files.map(({ path }) => path)).toEqual(['b.yaml'])
    })

    it('refuses a tree that names one path twice', async () => {
      const entry = { mode: '100644', name: 'a.yaml' }
      given.repository.commitTree([
        { ...entry, oid: given.repository.blob('x') },
        { ...entry, oid: given.repository.blob('y') },
      ])
      expect(await refusal(given.read('hostile'))).toBe('RepositoryInvalid')
    })

    it('ends a tree of folders that doubles with every level', async () => {
      let oid = given.repository.git('hash-object', '-t', 'tree', '-w', '/dev/null')
      for (let depth = 0; depth < 40; depth += 1) {
        const lines = `040000 tree ${oid}\ta\n040000 tree ${oid}\tb\n`
        oid = given.repository.gitWith(Buffer.from(lines), 'mktree')
      }
      given.repository.commitTree([{ mode: '40000', name: 'bomb', oid }])
      expect(await refusal(given.read('hostile'))).toBe('LimitExceeded')
    })
  })
}
