/** A repository made by the real git, in a temporary folder, out of reach of the user's configuration. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CommitSha, toCommitSha } from '../../src/model/commit-sha.ts'

/** Text, or something that is no plain file; `null` removes. */
export type Content =
  | string
  | Buffer
  | null
  | { readonly link: string }
  | { readonly script: string }

export class GitRepository {
  readonly root = mkdtempSync(join(tmpdir(), 'plumbline-git-'))
  readonly work = join(this.root, 'work')
  /** What `publish` pushes to. */
  readonly bare = join(this.root, 'policy.git')

  constructor() {
    execFileSync('git', ['init', '-q', '-b', 'main', this.work], { env: ENVIRONMENT })
    execFileSync('git', ['init', '-q', '-b', 'main', '--bare', this.bare], { env: ENVIRONMENT })
  }

  git(...args: readonly string[]): string {
    return this.gitWith(Buffer.alloc(0), ...args)
  }

  gitWith(input: Buffer, ...args: readonly string[]): string {
    const options = { cwd: this.work, env: ENVIRONMENT, input, stdio: 'pipe' as const }
    return execFileSync('git', [...args], options)
      .toString()
      .trim()
  }

  write(files: Readonly<Record<string, Content>>): void {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.work, path)
      mkdirSync(dirname(file), { recursive: true })
      rmSync(file, { force: true })
      if (content === null) continue
      if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(file, content)
      else if ('link' in content) symlinkSync(content.link, file)
      else {
        writeFileSync(file, content.script)
        chmodSync(file, 0o755)
      }
    }
  }

  commit(files: Readonly<Record<string, Content>> = {}, message = 'change'): CommitSha {
    this.write(files)
    this.git('add', '-A')
    this.git('commit', '-q', '--allow-empty', '-m', message)
    return this.head()
  }

  head(): CommitSha {
    return toCommitSha(this.git('rev-parse', 'HEAD'))
  }

  /** Makes all refs visible in `bare`; a repository without any has nothing to push. */
  publish(): void {
    if (this.git('for-each-ref', '--count=1') === '') return
    this.git('push', '-q', '--mirror', this.bare)
  }

  /** A commit of a tree that git itself would refuse to make. */
  commitTree(entries: readonly { mode: string; name: string | Buffer; oid: string }[]): CommitSha {
    const bytes = entries.map(({ mode, name, oid }) =>
      Buffer.concat([
        Buffer.from(`${mode} `),
        Buffer.from(name),
        Buffer.of(0),
        Buffer.from(oid, 'hex'),
      ]),
    )
    const tree = this.gitWith(
      Buffer.concat(bytes),
      'hash-object',
      '-t',
      'tree',
      '-w',
      '--literally',
      '--stdin',
    )
    const commit = toCommitSha(this.git('commit-tree', tree, '-m', 'hostile'))
    this.git('update-ref', 'refs/heads/hostile', commit)
    return commit
  }

  blob(content: string): string {
    return this.gitWith(Buffer.from(content), 'hash-object', '-w', '--stdin')
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

const ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
}
