/** Which files of a commit are read as policy, and what is said of those that cannot be. */
import { describe, expect, it } from 'vitest'
import type { SourceFile } from '../../../src/model/source-file.ts'
import { DocumentCache } from '../../../src/policy/files/document-cache.ts'
import { readRepository } from '../../../src/policy/files/read-repository.ts'
import { wantedFile } from '../../../src/policy/files/wanted-file.ts'
import { READING_LIMITS, type ReadingLimits } from '../../../src/policy/yaml/reading-limits.ts'
import { aDocument, aFile, aSubmodule, aSymlink } from './a-file.ts'

const OWN = [{ group: 'split.smi-spec.io', kind: 'TrafficSplit' }]

function read(
  files: readonly SourceFile[],
  options: { root?: string; limits?: Partial<ReadingLimits> } = {},
) {
  const cache = new DocumentCache({ ...READING_LIMITS, ...options.limits })
  return readRepository({ files, root: options.root ?? '', cache, ownKinds: OWN })
}

function pathsRead(files: readonly SourceFile[], root = ''): string[] {
  return read(files, { root }).documents.map(({ file }) => file)
}

/** `PLB0104 a.yaml:1`. */
function found(files: readonly SourceFile[], limits: Partial<ReadingLimits> = {}): string[] {
  return read(files, { limits }).problems.map(
    ({ code, location }) => `${code} ${location.file}:${location.line}`,
  )
}

describe('the files that are read', () => {
  it('are YAML and JSON, whatever the case of their extension, sorted by path', () => {
    const names = [
      'b.yml',
      'a.yaml',
      'C.YAML',
      'd.json',
      'e.JsOn',
      'readme.md',
      'yaml',
      'x.yaml.tmpl',
    ]
    expect(pathsRead(names.map((name) => aFile(name, 'a: 1')))).toEqual([
      'C.YAML',
      'a.yaml',
      'b.yml',
      'd.json',
      'e.JsOn',
    ])
  })

  it.each([
    ['policies/a.yaml', true],
    ['A.YML', true],
    ['x.json', true],
    ['.plumbline.yaml', true],
    ['team/.plumbignore', true],
    ['README.md', false],
    ['yaml', false],
    ['a.yaml.orig', false],
  ])('of %s say to git: wanted %s', (path, wanted) => {
    expect(wantedFile(path)).toBe(wanted)
  })

  it('are those under the root only, and a folder with a longer name is another folder', () => {
    const files = ['prod/a.yaml', 'prod-old/a.yaml', 'a.yaml'].map((path) => aFile(path, 'a: 1'))
    expect(pathsRead(files, 'prod')).toEqual(['prod/a.yaml'])
  })

  it('are not hidden ones, unless a rule brings them back', () => {
    const files = [aFile('.github/workflows/ci.yaml', 'on: push'), aFile('.hidden.yaml', 'a: 1')]
    expect(read(files)).toMatchObject({ documents: [], problems: [] })
    expect(pathsRead([...files, aFile('.plumbignore', '!.hidden.yaml')])).toEqual(['.hidden.yaml'])
  })

  it('are counted', () => {
    expect(
      read([aFile('a.yaml', 'a: 1'), aFile('b.yaml', '# none'), aFile('c.md')]).fileCount,
    ).toBe(2)
  })
})

describe('entries that are no regular files', () => {
  it.each([
    ['a symbolic link with a policy name', aSymlink('team/a.yaml'), 'PLB0104 team/a.yaml:1'],
    ['a symbolic link that may be a folder', aSymlink('team'), 'PLB0104 team:1'],
    ['a submodule', aSubmodule('vendor/policies'), 'PLB0105 vendor/policies:1'],
    ['settings that are a symbolic link', aSymlink('.plumbline.yaml'), 'PLB0104 .plumbline.yaml:1'],
    ['ignore rules that are a symbolic link', aSymlink('.plumbignore'), 'PLB0104 .plumbignore:1'],
  ])('report %s', (_name, file, problem) => {
    expect(found([file])).toEqual([problem])
  })

  it('are passed over where no policy could be behind them, or where they are ignored', () => {
    expect(
      found([aSymlink('README.md'), aSymlink('vendor'), aFile('.plumbignore', 'vendor')]),
    ).toEqual([])
  })
})

describe('paths', () => {
  it.each([
    ['a path that is not composed', 'cafe\u0301.yaml', 'PLB0106'],
    ['a path with an escape sequence', 'a\u001b[31m.yaml', 'PLB0106'],
    ['a path with a line end', 'a\nb.yaml', 'PLB0106'],
    ['a path that reads in another order', 'a\u202elmay.yaml', 'PLB0106'],
    ['a path with a backslash', 'a\\b.yaml', 'PLB0106'],
    ['a path that is not UTF-8', 'a\ufffd.yaml', 'PLB0106'],
    ['a path that is too long', `${'a/'.repeat(600)}a.yaml`, 'PLB0106'],
  ])('report %s', (_name, path, code) => {
    expect(read([aFile(path, 'a: 1')]).problems).toMatchObject([{ code, location: { file: path } }])
  })

  it('report two that some machines cannot tell apart, naming the first', () => {
    const { problems } = read([aFile('Shop/a.yaml', 'a: 1'), aFile('shop/A.yaml', 'a: 1')])
    expect(problems).toMatchObject([
      {
        code: 'PLB0107',
        location: { file: 'shop/A.yaml' },
        related: [{ file: 'Shop/a.yaml', line: 1, column: 1 }],
      },
    ])
  })

  it('may hold any composed letters', () => {
    expect(found([aFile('políticas/café.yaml', 'a: 1')])).toEqual([])
  })
})

describe('limits', () => {
  const two = [aFile('a.yaml', 'a: 1'), aFile('b.yaml', 'b: 1\n---\nb: 2')]

  it.each([
    ['bytes of a file', { maxFileBytes: 10 }, ['PLB0101 b.yaml:1']],
    ['bytes of a commit', { maxTotalBytes: 10 }, ['PLB0102 .:1']],
    ['files', { maxFiles: 1 }, ['PLB0103 .:1']],
    ['documents of a file', { maxDocumentsPerFile: 1 }, ['PLB0119 b.yaml:1']],
    ['documents of a commit', { maxDocuments: 2 }, ['PLB0119 .:1']],
  ])('on %s are named with what was found', (_name, limits, problems) => {
    expect(found(two, limits)).toEqual(problems)
  })

  it('say both numbers', () => {
    expect(read(two, { limits: { maxTotalBytes: 10 } }).problems).toEqual([
      {
        code: 'PLB0102',
        severity: 'error',
        location: { file: '.', line: 1, column: 1 },
        path: '',
        message: '17 bytes were found under this path; the limit is 10',
        fix: 'leave out with .plumbignore what is no policy, or split the repository',
      },
    ])
  })

  it('do not count what is ignored', () => {
    expect(found([...two, aFile('.plumbignore', 'b.yaml')], { maxFiles: 1 })).toEqual([])
  })
})

describe('settings', () => {
  const deployment = `${aDocument('apps/v1 Deployment')}spec: {mode: 0644}\n`
  const split = `${aDocument('split.smi-spec.io/v1alpha4 TrafficSplit')}`
  const settings = (text: string) => aFile('.plumbline.yaml', text)

  it('have defaults', () => {
    expect(read([]).settings).toEqual({ defaultNamespace: 'default', ignoreKinds: [] })
  })

  it('are read from .plumbline.yaml at the root', () => {
    const text =
      'defaultNamespace: shop\nignoreKinds: [apps/*]\nkinds: [TrafficSplit, core/Namespace]\nnamespaces: [shop, team-*]\n'
    expect(read([aFile('prod/.plumbline.yaml', text)], { root: 'prod' }).settings).toEqual({
      defaultNamespace: 'shop',
      ignoreKinds: [{ group: 'apps', kind: '*' }],
      kinds: [
        { group: '*', kind: 'TrafficSplit' },
        { group: '', kind: 'Namespace' },
      ],
      namespaces: ['shop', 'team-*'],
    })
  })

  it('pass over ignored kinds together with the problems of their documents', () => {
    const files = [aFile('a.yaml', `${deployment}---\n${split}`)]
    expect(found(files)).toEqual(['PLB0206 a.yaml:4'])
    const read1 = read([...files, settings('ignoreKinds: [apps/*]')])
    expect(read1.problems).toEqual([])
    expect(read1.documents.map(({ value }) => value)).toMatchObject([{ kind: 'TrafficSplit' }])
  })

  it('cannot pass over a kind that Plumbline enforces', () => {
    const files = [aFile('a.yaml', `${deployment}---\n${split}`)]
    expect(read([...files, settings('ignoreKinds: ["*/*"]')]).documents).toHaveLength(1)
    expect(found([...files, settings('ignoreKinds:\n  - Deployment\n  - TrafficSplit')])).toEqual([
      'PLB0118 .plumbline.yaml:3',
    ])
  })

  it.each([
    [
      'an unknown field',
      'ignoredKinds: []',
      'the settings have no field "ignoredKinds"; ignoreKinds is the nearest',
    ],
    [
      'a namespace that is no name',
      'defaultNamespace: Shop',
      'defaultNamespace must be the name of a namespace',
    ],
    [
      'a namespace that is a number',
      'defaultNamespace: 5',
      'defaultNamespace must be the name of a namespace',
    ],
    ['kinds that are no sequence', 'kinds: TrafficSplit', 'kinds must be a sequence'],
    [
      'a pattern that is none',
      'ignoreKinds: ["apps/v1/Deployment"]',
      '"apps/v1/Deployment" is no pattern of ignoreKinds',
    ],
    ['a pattern of many stars', 'namespaces: ["*a*b*c*"]', '"*a*b*c*" is no pattern of namespaces'],
    ['a pattern that is a mapping', 'kinds: [{a: 1}]', 'this is no pattern of kinds'],
    [
      'a second document',
      'kinds: [A]\n---\nkinds: [B]',
      'the settings are one document, and this is a second',
    ],
  ])('report %s', (_name, text, message) => {
    expect(read([settings(text)]).problems).toMatchObject([{ code: 'PLB0116', message }])
  })

  it('report where the mistake stands', () => {
    expect(read([settings('kinds:\n  - A\n  - "b c"\n')]).problems).toMatchObject([
      { location: { line: 3, column: 5 }, path: 'kinds[1]' },
    ])
  })

  it.each(['team/.plumbline.yaml', '.plumbline.yml', '.Plumbline.yaml', '.plumbline.json'])(
    'are not read from %s, which is said',
    (path) => {
      expect(found([aFile(path, 'kinds: [A]')])).toEqual([`PLB0117 ${path}:1`])
    },
  )

  it('may lie in an ignored folder without a word', () => {
    expect(found([aFile('examples/.plumbline.yaml'), aFile('.plumbignore', 'examples/')])).toEqual(
      [],
    )
  })

  it('that are empty say nothing', () => {
    expect(read([settings('# later\n')])).toMatchObject({
      problems: [],
      settings: { defaultNamespace: 'default' },
    })
  })
})

describe('the cache', () => {
  it('hands out the same documents for an unchanged file, and reads a changed one', () => {
    const cache = new DocumentCache()
    const first = readRepository({
      files: [aFile('a.yaml', 'a: 1'), aFile('b.yaml', 'b: 1')],
      root: '',
      cache,
    })
    const second = readRepository({
      files: [aFile('a.yaml', 'a: 1'), aFile('b.yaml', 'b: 2')],
      root: '',
      cache,
    })
    expect(second.documents[0]).toBe(first.documents[0])
    expect(second.documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }])
  })

  it('keeps two files of equal content apart: their problems name different paths', () => {
    expect(found([aFile('a.yaml', 'a: 017'), aFile('b.yaml', 'a: 017')])).toEqual([
      'PLB0206 a.yaml:1',
      'PLB0206 b.yaml:1',
    ])
  })

  it('forgets the least recently used beyond its bytes', () => {
    const cache = new DocumentCache({ ...READING_LIMITS, maxTotalBytes: 25 })
    const files = ['a', 'b', 'c'].map((name) => aFile(`${name}.yaml`, `${name}: 1`))
    const [a, b] = files.map((file) => cache.parse(file))
    expect(cache.parse(files[0]!)).not.toBe(a)
    expect(cache.parse(files[2]!)).toBe(cache.parse(files[2]!))
    expect(cache.parse(files[1]!)).not.toBe(b)
  })
})

describe('a problem in one file', () => {
  it('hides none of the others', () => {
    const files = [
      aFile('a.yaml', 'a: ['),
      aFile('b.yaml', new Uint8Array([0xff, 0xfe, 0x61, 0x00])),
      aFile('c.yaml', 'a: 017\n---\nok: 1'),
      aSymlink('d.yaml'),
    ]
    expect(found(files)).toEqual([
      'PLB0104 d.yaml:1',
      'PLB0201 a.yaml:1',
      'PLB0111 b.yaml:1',
      'PLB0206 c.yaml:1',
    ])
    expect(read(files).documents.map(({ value }) => value)).toEqual([{ a: 17 }, { ok: 1 }])
  })
})
