/** Commits that git itself would refuse to make, or that nobody makes by hand: trees that mislead, deceive or have no end. */
import type { Content, GitRepository } from '../../support/git-repository.ts'
import { grantFile } from '../../support/policy-yaml.ts'

/** Makes a commit on top of the branch, and `main` names it. */
export type Poison = (repository: GitRepository) => void

const files =
  (changes: Readonly<Record<string, Content>>): Poison =>
  (repository) =>
    void repository.commit(changes)

/** The tree of the branch with one entry more. */
const entry =
  (mode: string, name: string | Buffer): Poison =>
  (repository) => {
    const tree = repository.git('rev-parse', 'HEAD^{tree}')
    const oid = mode === '40000' ? tree : repository.blob('a: b')
    const own = repository
      .git('ls-tree', 'HEAD')
      .split('\n')
      .map((line) => /^0*(\d+) \w+ (\w+)\t(.*)$/.exec(line) ?? [])
      .map(([, kind = '', id = '', path = '']) => ({ mode: kind, name: path, oid: id }))
    become(repository, repository.commitTree([...own, { mode, name, oid }]))
  }

function become(repository: GitRepository, commit: string): void {
  repository.git('update-ref', 'refs/heads/main', commit)
}

const tree =
  (make: (repository: GitRepository) => string): Poison =>
  (repository) => {
    const made = make(repository)
    become(repository, repository.git('commit-tree', made, '-p', 'HEAD', '-m', 'tree'))
  }

/** One blob under many names: little to send, much to walk. */
const manyFiles = tree((repository) => {
  const blob = repository.blob(grantFile('bookbuyer')['grant-bookbuyer.yaml'] ?? '')
  const lines = Array.from({ length: 100_000 }, (_, i) => `100644 blob ${blob}\tf${i}.yaml\n`)
  return repository.gitWith(Buffer.from(lines.join('')), 'mktree')
})

/** Two folders of two folders of two folders: a walk of 2^30. */
const treeBomb = tree((repository) => {
  let oid = repository.git('rev-parse', 'HEAD^{tree}')
  for (let depth = 0; depth < 30; depth++) {
    const lines = `040000 tree ${oid}\ta\n040000 tree ${oid}\tb\n`
    oid = repository.gitWith(Buffer.from(lines), 'mktree')
  }
  return oid
})

const submodule: Poison = (repository) => {
  const settings = '[submodule "m"]\n\tpath = m\n\turl = --upload-pack=touch /tmp/x\n'
  repository.write({ '.gitmodules': settings })
  repository.git('add', '-A')
  repository.git('update-index', '--add', '--cacheinfo', `160000,${'a'.repeat(40)},m`)
  repository.git('commit', '-q', '-m', 'submodule')
}

export const POISON: Readonly<Record<string, Poison>> = {
  'a folder named ..': entry('40000', '..'),
  'a folder named .git': entry('40000', '.git'),
  'a folder named .GIT': entry('40000', '.GIT'),
  'a folder named git~1': entry('40000', 'git~1'),
  'a name with a slash': entry('100644', '../poison.yaml'),
  'a name with a backslash': entry('100644', '..\\poison.yaml'),
  'a name with a line end': entry('100644', 'a\nb.yaml'),
  'a name that reads backwards': entry('100644', '\u202elmay.yaml'),
  'a name that is no UTF-8': entry('100644', Buffer.from([0x61, 0xff, ...Buffer.from('.yaml')])),
  'a name that is there twice': entry('100644', 'namespace.yaml'),
  'a mode that no file has': entry('100777', 'poison.yaml'),
  'a link to a file': files({ 'poison.yaml': { link: '/etc/passwd' } }),
  'a link to a folder': files({ poison: { link: '/' } }),
  'a link to itself': files({ 'poison.yaml': { link: 'poison.yaml' } }),
  'a submodule whose URL is an option': submodule,
  'a file of 2 MiB': files({ 'poison.yaml': `# ${'x'.repeat(2 << 20)}` }),
  'a file that unfolds to more than any object may have': files({
    'poison.bin': Buffer.alloc(9 << 20),
  }),
  '100,000 files': manyFiles,
  'a tree that doubles with every level': treeBomb,
}
