/** What every adapter of the git port promises, over repositories that the real git made. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toCommitSha } from '../../src/model/commit-sha.ts'
import {
  type GitSource,
  GitSourceError,
  type GitSourceErrorCode,
  type ReadLimits,
} from '../../src/reconciler/git-source.ts'
import { GitRepository } from '../support/git-repository.ts'

export interface OpenedSource {
  readonly source: GitSource
  close(): Promise<void>
}

const LIMITS: ReadLimits = { maxFiles: 1_000, maxFileBytes: 100_000, maxTotalBytes: 1_000_000 }
const NEVER = new AbortController().signal

/** `open` is called after the first `publish`. */
export function gitSourceContract(
  name: string,
  open: (repository: GitRepository) => Promise<OpenedSource>,
): void {
  describe(`git source: ${name}`, () => {
    let repository: GitRepository
    let opened: OpenedSource | undefined

    beforeEach(() => {
      repository = new GitRepository()
    })
    afterEach(async () => {
      await opened?.close()
      opened = undefined
      repository.remove()
    })

    async function source(): Promise<GitSource> {
      repository.publish()
      opened ??= await open(repository)
      return opened.source
    }

    async function read(
      ref: string,
      options: {
        path?: string
        wanted?: (path: string) => boolean
        limits?: Partial<ReadLimits>
        signal?: AbortSignal
      } = {},
    ) {
      const from = await source()
      const { path = '', wanted = () => true, limits = {}, signal = NEVER } = options
      const commit = await from.resolve(ref, NEVER)
      return from.read({ commit, path, wanted, limits: { ...LIMITS, ...limits }, signal })
    }

    async function refusal(work: Promise<unknown>): Promise<GitSourceErrorCode> {
      const error = await work.then(
        () => new Error('it was not refused'),
        (thrown: unknown) => thrown,
      )
      if (error instanceof GitSourceError) return error.code
      throw error
    }

    describe('resolve', () => {
      it('finds a branch, a tag, an annotated tag, a full name, HEAD and a commit', async () => {
        const first = repository.commit({ 'a.yaml': 'a' })
        repository.git('tag', 'light')
        repository.git('tag', '-a', '-m', 'release', 'heavy')
        repository.git('tag', '-a', '-m', 'of a tag', 'nested', 'heavy')
        repository.git('branch', 'team/shop')
        const second = repository.commit({ 'a.yaml': 'b' })
        const from = await source()
        const refs = [
          'light',
          'heavy',
          'nested',
          'team/shop',
          'refs/tags/heavy',
          'main',
          'HEAD',
          second,
        ]
        const found = await Promise.all(refs.map((ref) => from.resolve(ref, NEVER)))
        expect(found).toEqual([first, first, first, first, first, second, second, second])
      })

      it('takes the branch where a tag has the same name', async () => {
        repository.commit({ 'a.yaml': 'a' })
        repository.git('tag', 'main')
        const branch = repository.commit({ 'a.yaml': 'b' })
        expect(await (await source()).resolve('main', NEVER)).toBe(branch)
      })

      it.each(['absent', 'ain', 'mai', 'main2', 'refs/heads/absent', 'origin/main'])(
        'says RefNotFound for %s',
        async (ref) => {
          repository.commit({ 'a.yaml': 'a' })
          expect(await refusal((await source()).resolve(ref, NEVER))).toBe('RefNotFound')
        },
      )

      it.each([
        '',
        '-u',
        '--upload-pack=x',
        'a..b',
        'a@{1}',
        'a b',
        'a\nb',
        'a\0b',
        '../config',
        '/main',
      ])('refuses %j, which cannot be a ref', async (ref) => {
        repository.commit({ 'a.yaml': 'a' })
        expect(await refusal((await source()).resolve(ref, NEVER))).toBe('RefNotFound')
      })

      it('says RefNotFound for a repository without commits', async () => {
        const empty = await open(repository)
        opened = empty
        expect(await refusal(empty.source.resolve('main', NEVER))).toBe('RefNotFound')
      })

      it('finds a branch where HEAD points to one that does not exist', async () => {
        repository.git('checkout', '-q', '-b', 'policy')
        const commit = repository.commit({ 'a.yaml': 'a' })
        const from = await source()
        expect(await from.resolve('policy', NEVER)).toBe(commit)
      })

      it('says RefNotFound for a tag of something that is no commit', async () => {
        repository.commit({ 'a.yaml': 'a' })
        repository.git('tag', 'blob', repository.blob('text'))
        expect(await refusal((await source()).resolve('blob', NEVER))).toBe('RefNotFound')
      })

      it('says CommitNotFound for a commit that nobody has', async () => {
        repository.commit({ 'a.yaml': 'a' })
        const from = await source()
        expect(await refusal(from.resolve('1'.repeat(40), NEVER))).toBe('CommitNotFound')
        expect(await refusal(from.header(toCommitSha('2'.repeat(40)), NEVER))).toBe(
          'CommitNotFound',
        )
      })
    })

    describe('moves', () => {
      it('follows a new commit and calls it a descendant', async () => {
        const one = repository.commit({ 'a.yaml': 'a' })
        const from = await source()
        expect(await from.resolve('main', NEVER)).toBe(one)
        repository.commit({ 'a.yaml': 'b' })
        const three = repository.commit({ 'a.yaml': 'c' })
        repository.publish()
        expect(await from.resolve('main', NEVER)).toBe(three)
        expect(await from.relation({ from: one, to: three }, NEVER)).toBe('descendant')
        expect(await from.relation({ from: three, to: three }, NEVER)).toBe('same')
      })

      it('follows a force push and calls it rewritten', async () => {
        repository.commit({ 'a.yaml': 'a' })
        const old = repository.commit({ 'a.yaml': 'b' })
        const from = await source()
        expect(await from.resolve('main', NEVER)).toBe(old)
        repository.git('commit', '-q', '--amend', '-m', 'said better')
        const amended = repository.head()
        repository.publish()
        expect(await from.resolve('main', NEVER)).toBe(amended)
        expect(await from.relation({ from: old, to: amended }, NEVER)).toBe('rewritten')
      })

      it('calls a branch that went back rewritten', async () => {
        const one = repository.commit({ 'a.yaml': 'a' })
        const two = repository.commit({ 'a.yaml': 'b' })
        const from = await source()
        await from.resolve('main', NEVER)
        repository.git('reset', '-q', '--hard', one)
        repository.publish()
        expect(await from.resolve('main', NEVER)).toBe(one)
        expect(await from.relation({ from: two, to: one }, NEVER)).toBe('rewritten')
      })

      it('follows a history that has nothing in common with the old one', async () => {
        const old = repository.commit({ 'a.yaml': 'a' })
        const from = await source()
        await from.resolve('main', NEVER)
        repository.git('checkout', '-q', '--orphan', 'other')
        const other = repository.commit({ 'b.yaml': 'b' })
        repository.git('branch', '-f', 'main', 'other')
        repository.publish()
        expect(await from.resolve('main', NEVER)).toBe(other)
        expect(await from.relation({ from: old, to: other }, NEVER)).toBe('rewritten')
        expect((await read('main')).map(({ path }) => path)).toEqual(['a.yaml', 'b.yaml'])
      })

      it('says RefNotFound once the branch is gone, and still reads the commit it had', async () => {
        repository.commit({ 'b.yaml': 'b' })
        repository.git('checkout', '-q', '--orphan', 'policy')
        repository.git('rm', '-rfq', '.')
        const commit = repository.commit({ 'a.yaml': 'a' })
        const from = await source()
        await from.resolve('policy', NEVER)
        repository.git('checkout', '-q', 'main')
        repository.git('branch', '-D', 'policy')
        repository.publish()
        expect(await refusal(from.resolve('policy', NEVER))).toBe('RefNotFound')
        const request = { commit, path: '', wanted: () => true, limits: LIMITS, signal: NEVER }
        expect((await from.read(request)).map(({ path }) => path)).toEqual(['a.yaml'])
      })
    })

    describe('read', () => {
      it('gives the wanted files with their bytes and object names, sorted by path', async () => {
        repository.commit({
          'b/deep/c.yaml': 'c',
          'b.yaml': 'b',
          'Z.yaml': 'z',
          'é.yaml': 'accent',
          'readme.md': 'not wanted',
          'empty.yaml': '',
        })
        const files = await read('main', { wanted: (path) => path.endsWith('.yaml') })
        expect(
          files.map((file) => ({ ...file, bytes: Buffer.from(file.bytes).toString() })),
        ).toEqual(
          [
            ['Z.yaml', 'z'],
            ['b.yaml', 'b'],
            ['b/deep/c.yaml', 'c'],
            ['empty.yaml', ''],
            ['é.yaml', 'accent'],
          ].map(([path, bytes]) => ({
            path,
            blob: repository.git('rev-parse', `HEAD:${path}`),
            type: 'file',
            bytes,
          })),
        )
      })

      it('gives bytes as they were committed', async () => {
        const bytes = Buffer.from(
          Array.from({ length: 70_000 }, (_, at) => (at * 7 + (at >> 8)) & 255),
        )
        repository.commit({ 'a.yaml': bytes, 'b.yaml': 'one\r\ntwo\r\n' })
        const [a, b] = await read('main')
        expect(Buffer.from(a?.bytes ?? []).equals(bytes)).toBe(true)
        expect(Buffer.from(b?.bytes ?? []).toString()).toBe('one\r\ntwo\r\n')
      })

      it('reads an executable as a file, and says what links and submodules are without following them', async () => {
        repository.write({
          'link.yaml': { link: '/etc/passwd' },
          'tool.yaml': { script: '#!/bin/sh' },
        })
        repository.git('add', '-A')
        repository.git(
          'update-index',
          '--add',
          '--cacheinfo',
          `160000,${'a'.repeat(40)},module.yaml`,
        )
        repository.git('commit', '-q', '-m', 'odd entries')
        const files = await read('main')
        expect(files.map(({ path, type, bytes }) => [path, type, bytes.length])).toEqual([
          ['link.yaml', 'symlink', 0],
          ['module.yaml', 'gitlink', 0],
          ['tool.yaml', 'file', 9],
        ])
      })

      it('reads below a folder only, and gives paths from the root', async () => {
        repository.commit({
          'mesh/prod/a.yaml': 'a',
          'mesh/b.yaml': 'b',
          'c.yaml': 'c',
          'meshes/d': '',
        })
        const paths = async (path: string): Promise<readonly string[]> =>
          (await read('main', { path })).map((file) => file.path)
        expect(await paths('mesh')).toEqual(['mesh/b.yaml', 'mesh/prod/a.yaml'])
        expect(await paths('./mesh/prod/')).toEqual(['mesh/prod/a.yaml'])
      })

      it.each(['absent', 'mesh/absent', 'mesh/a.yaml', 'link', 'mesh/..', '../mesh'])(
        'says PathNotFound for the folder %s',
        async (path) => {
          repository.commit({ 'mesh/a.yaml': 'a', link: { link: 'mesh' } })
          expect(await refusal(read('main', { path }))).toBe('PathNotFound')
        },
      )

      it('reads the same files of a commit for ever', async () => {
        const old = repository.commit({ 'a.yaml': 'a' })
        const before = await read('main')
        repository.commit({ 'a.yaml': 'b' })
        repository.git('commit', '-q', '--amend', '-m', 'rewritten')
        await read('main')
        const from = await source()
        const request = { commit: old, path: '', wanted: () => true, limits: LIMITS, signal: NEVER }
        expect(await from.read(request)).toEqual(before)
      })

      it('hands back the same object for a file that did not change', async () => {
        repository.commit({ 'a.yaml': 'a', 'b.yaml': 'b', 'c/d.yaml': 'd' })
        const [a, b, d] = await read('main')
        repository.commit({ 'b.yaml': 'changed' })
        const [nextA, nextB, nextD] = await read('main')
        expect(nextA).toBe(a)
        expect(nextB).not.toBe(b)
        expect(nextD).toBe(d)
      })

      it('reads on after everything was packed anew', async () => {
        repository.commit({ 'a.yaml': 'a' })
        await read('main')
        repository.commit({ 'b.yaml': 'b' })
        repository.git('gc', '-q', '--prune=now')
        const files = await read('main')
        expect(files.map((file) => Buffer.from(file.bytes).toString())).toEqual(['a', 'b'])
      })

      it.each([
        ['too many files', { maxFiles: 2 }],
        ['a file too large', { maxFileBytes: 3 }],
        ['too much in all', { maxTotalBytes: 5 }],
      ] as const)('says LimitExceeded for %s', async (_, limits) => {
        repository.commit({ 'a.yaml': 'a', 'b.yaml': 'bbbb', 'c.yaml': 'cc' })
        expect(await refusal(read('main', { limits }))).toBe('LimitExceeded')
        expect(await read('main')).toHaveLength(3)
      })

      it('counts entries before it reads any, folders and unwanted ones too', async () => {
        repository.commit({ 'a/b/c/d/e.yaml': 'e' })
        const options = { limits: { maxFiles: 4 }, wanted: () => false }
        expect(await refusal(read('main', options))).toBe('LimitExceeded')
        expect(await read('main', { ...options, limits: { maxFiles: 5 } })).toEqual([])
      })

      it('stops when aborted', async () => {
        repository.commit({ 'a.yaml': 'a' })
        const from = await source()
        const aborted = AbortSignal.abort()
        expect(await refusal(from.resolve('main', aborted))).toBe('Aborted')
        expect(await refusal(read('main', { signal: aborted }))).toBe('Aborted')
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

      it.each(HOSTILE)('refuses the name %j', async (name, mode) => {
        const blob = repository.blob('x')
        repository.commit({ 'a.yaml': 'a' })
        const tree = repository.git('rev-parse', 'HEAD^{tree}')
        repository.commitTree([{ mode, name, oid: mode === '040000' ? tree : blob }])
        expect(await refusal(read('hostile'))).toBe('RepositoryInvalid')
      })

      it('refuses a wanted name that is not UTF-8, and leaves an unwanted one alone', async () => {
        const oid = repository.blob('x')
        const name = Buffer.from([0x61, 0xff, 0x2e, 0x79])
        repository.commitTree([
          { mode: '100644', name, oid },
          { mode: '100644', name: 'b.yaml', oid },
        ])
        expect(await refusal(read('hostile'))).toBe('RepositoryInvalid')
        const files = await read('hostile', { wanted: (path) => path.endsWith('.yaml') })
        expect(files.map(({ path }) => path)).toEqual(['b.yaml'])
      })

      it('refuses a tree that names one path twice', async () => {
        const entry = { mode: '100644', name: 'a.yaml' }
        repository.commitTree([
          { ...entry, oid: repository.blob('x') },
          { ...entry, oid: repository.blob('y') },
        ])
        expect(await refusal(read('hostile'))).toBe('RepositoryInvalid')
      })

      it('ends a tree of folders that doubles with every level', async () => {
        let oid = repository.git('hash-object', '-t', 'tree', '-w', '/dev/null')
        for (let depth = 0; depth < 40; depth += 1) {
          const lines = `040000 tree ${oid}\ta\n040000 tree ${oid}\tb\n`
          oid = repository.gitWith(Buffer.from(lines), 'mktree')
        }
        repository.commitTree([{ mode: '40000', name: 'bomb', oid }])
        expect(await refusal(read('hostile'))).toBe('LimitExceeded')
      })
    })

    it('gives the header of a commit: author, whole message, parents', async () => {
      const one = repository.commit({ 'a.yaml': 'a' })
      repository.git('checkout', '-q', '-b', 'side')
      const side = repository.commit({ 'b.yaml': 'b' })
      repository.git('checkout', '-q', 'main')
      const two = repository.commit({ 'c.yaml': 'c' })
      repository.git('merge', '-q', '-m', 'Merge side\n\nPlumbline-Allow-Prune: 3', 'side')
      const merge = repository.head()
      const from = await source()
      await from.resolve('main', NEVER)
      expect(await from.header(merge, NEVER)).toEqual({
        sha: merge,
        author: 'Ada <ada@example.com>',
        message: 'Merge side\n\nPlumbline-Allow-Prune: 3\n',
        parents: [two, side],
      })
      expect(await from.relation({ from: one, to: merge }, NEVER)).toBe('descendant')
      expect(await from.relation({ from: side, to: merge }, NEVER)).toBe('descendant')
      expect(await from.relation({ from: side, to: two }, NEVER)).toBe('rewritten')
    })
  })
}
