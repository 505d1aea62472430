/** What every adapter of the git port promises, over repositories that the real git made. */
import { describe, expect, it } from 'vitest'
import { toCommitSha } from '../../src/model/commit-sha.ts'
import { gitSourceFixture, LIMITS, NEVER, type OpenSource, refusal } from './git-source-fixture.ts'
import { gitSourceReading } from './git-source-reading.ts'

export function gitSourceContract(name: string, open: OpenSource): void {
  describe(`git source: ${name}`, () => {
    const given = gitSourceFixture(open)

    describe('resolve', () => {
      it('finds a branch, a tag, an annotated tag, a full name, HEAD and a commit', async () => {
        const first = given.repository.commit({ 'a.yaml': 'a' })
        given.repository.git('tag', 'light')
        given.repository.git('tag', '-a', '-m', 'release', 'heavy')
        given.repository.git('tag', '-a', '-m', 'of a tag', 'nested', 'heavy')
        given.repository.git('branch', 'team/shop')
        const second = given.repository.commit({ 'a.yaml': 'b' })
        const from = await given.source()
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
        given.repository.commit({ 'a.yaml': 'a' })
        given.repository.git('tag', 'main')
        const branch = given.repository.commit({ 'a.yaml': 'b' })
        expect(await (await given.source()).resolve('main', NEVER)).toBe(branch)
      })

      it('says RefNotFound for what is not there', async () => {
        given.repository.commit({ 'a.yaml': 'a' })
        const from = await given.source()
        const refs = ['absent', 'ain', 'mai', 'main2', 'refs/heads/absent', 'origin/main']
        const codes = await Promise.all(refs.map((ref) => refusal(from.resolve(ref, NEVER))))
        expect(new Set(codes)).toEqual(new Set(['RefNotFound']))
      })

      it('refuses what cannot be a ref', async () => {
        given.repository.commit({ 'a.yaml': 'a' })
        const from = await given.source()
        const refs = [
          '',
          '-u',
          '--upload-pack=x',
          'a..b',
          'a@{1}',
          'a b',
          'a\0b',
          '../config',
          '/main',
        ]
        const codes = await Promise.all(refs.map((ref) => refusal(from.resolve(ref, NEVER))))
        expect(new Set(codes)).toEqual(new Set(['RefNotFound']))
      })

      it('says RefNotFound for a repository without commits', async () => {
        const from = await given.source()
        expect(await refusal(from.resolve('main', NEVER))).toBe('RefNotFound')
      })

      it('finds a branch where HEAD points to one that does not exist', async () => {
        given.repository.git('checkout', '-q', '-b', 'policy')
        const commit = given.repository.commit({ 'a.yaml': 'a' })
        const from = await given.source()
        expect(await from.resolve('policy', NEVER)).toBe(commit)
      })

      it('says RefNotFound for a tag of something that is no commit', async () => {
        given.repository.commit({ 'a.yaml': 'a' })
        given.repository.git('tag', 'blob', given.repository.blob('text'))
        expect(await refusal((await given.source()).resolve('blob', NEVER))).toBe('RefNotFound')
      })

      it('says CommitNotFound for a commit that nobody has', async () => {
        given.repository.commit({ 'a.yaml': 'a' })
        const from = await given.source()
        expect(await refusal(from.resolve('1'.repeat(40), NEVER))).toBe('CommitNotFound')
        expect(await refusal(from.header(toCommitSha('2'.repeat(40)), NEVER))).toBe(
          'CommitNotFound',
        )
      })
    })

    describe('moves', () => {
      it('follows a new commit and calls it a descendant', async () => {
        const one = given.repository.commit({ 'a.yaml': 'a' })
        const from = await given.source()
        expect(await from.resolve('main', NEVER)).toBe(one)
        given.repository.commit({ 'a.yaml': 'b' })
        const three = given.repository.commit({ 'a.yaml': 'c' })
        given.repository.publish()
        expect(await from.resolve('main', NEVER)).toBe(three)
        expect(await from.relation({ from: one, to: three }, NEVER)).toBe('descendant')
        expect(await from.relation({ from: three, to: three }, NEVER)).toBe('same')
      })

      it('follows a force push and calls it rewritten', async () => {
        given.repository.commit({ 'a.yaml': 'a' })
        const old = given.repository.commit({ 'a.yaml': 'b' })
        const from = await given.source()
        expect(await from.resolve('main', NEVER)).toBe(old)
        given.repository.git('commit', '-q', '--amend', '-m', 'said better')
        const amended = given.repository.head()
        given.repository.publish()
        expect(await from.resolve('main', NEVER)).toBe(amended)
        expect(await from.relation({ from: old, to: amended }, NEVER)).toBe('rewritten')
      })

      it('calls a branch that went back behind', async () => {
        const one = given.repository.commit({ 'a.yaml': 'a' })
        const two = given.repository.commit({ 'a.yaml': 'b' })
        const from = await given.source()
        await from.resolve('main', NEVER)
        given.repository.git('reset', '-q', '--hard', one)
        given.repository.publish()
        expect(await from.resolve('main', NEVER)).toBe(one)
        expect(await from.relation({ from: two, to: one }, NEVER)).toBe('behind')
      })

      it('follows a history that has nothing in common with the old one', async () => {
        const old = given.repository.commit({ 'a.yaml': 'a' })
        const from = await given.source()
        await from.resolve('main', NEVER)
        given.repository.git('checkout', '-q', '--orphan', 'other')
        const other = given.repository.commit({ 'b.yaml': 'b' })
        given.repository.git('branch', '-f', 'main', 'other')
        given.repository.publish()
        expect(await from.resolve('main', NEVER)).toBe(other)
        expect(await from.relation({ from: old, to: other }, NEVER)).toBe('rewritten')
        expect((await given.read('main')).map(({ path }) => path)).toEqual(['a.yaml', 'b.yaml'])
      })

      it('says RefNotFound once the branch is gone, and still reads the commit it had', async () => {
        given.repository.commit({ 'b.yaml': 'b' })
        given.repository.git('checkout', '-q', '--orphan', 'policy')
        given.repository.git('rm', '-rfq', '.')
        const commit = given.repository.commit({ 'a.yaml': 'a' })
        const from = await given.source()
        await from.resolve('policy', NEVER)
        given.repository.git('checkout', '-q', 'main')
        given.repository.git('branch', '-D', 'policy')
        given.repository.publish()
        expect(await refusal(from.resolve('policy', NEVER))).toBe('RefNotFound')
        const request = { commit, path: '', wanted: () => true, limits: LIMITS, signal: NEVER }
        expect((await from.read(request)).map(({ path }) => path)).toEqual(['a.yaml'])
      })
    })

    it('gives the header of a commit: author, whole message, parents', async () => {
      const one = given.repository.commit({ 'a.yaml': 'a' })
      given.repository.git('checkout', '-q', '-b', 'side')
      const side = given.repository.commit({ 'b.yaml': 'b' })
      given.repository.git('checkout', '-q', 'main')
      const two = given.repository.commit({ 'c.yaml': 'c' })
      given.repository.git('merge', '-q', '-m', 'Merge side\n\nPlumbline-Allow-Prune: 3', 'side')
      const merge = given.repository.head()
      const from = await given.source()
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

    gitSourceReading(given)
  })
}
