/** What a file's text becomes: documents with values, and problems that stay where they belong. */
import { describe, expect, it } from 'vitest'
import { problemsOf, readYaml, valuesOf } from './read-yaml.ts'

describe('documents', () => {
  it.each([
    ['one document', 'a: 1', [{ a: 1 }]],
    ['several documents', 'a: 1\n---\nb: 2\n---\nc: 3\n', [{ a: 1 }, { b: 2 }, { c: 3 }]],
    ['a leading and a trailing marker', '---\na: 1\n---\n', [{ a: 1 }]],
    ['documents that end with dots', 'a: 1\n...\n---\nb: 2\n...\n...\n', [{ a: 1 }, { b: 2 }]],
    ['content on the line of the marker', '--- {a: 1}\n--- {b: 2}', [{ a: 1 }, { b: 2 }]],
    ['a byte order mark', '\ufeffa: 1', [{ a: 1 }]],
    [
      'lines that end with CRLF',
      'a: 1\r\nb:\r\n  - x\r\n---\r\nc: 2\r\n',
      [{ a: 1, b: ['x'] }, { c: 2 }],
    ],
    ['lines that end with CR', 'a: 1\rb: 2\r---\rc: 3\r', [{ a: 1, b: 2 }, { c: 3 }]],
    ['a marker inside a block scalar', 'a: |\n  ---\n  x\nb: 1\n', [{ a: '---\nx\n', b: 1 }]],
    ['no final line end', 'a:\n  - 1\n  - 2', [{ a: [1, 2] }]],
    ['a %YAML 1.2 directive', '%YAML 1.2\n---\na: 1\n', [{ a: 1 }]],
    ['JSON indented with tabs', '{\n\t"a": [\n\t\t1\n\t]\n}\n', [{ a: [1] }]],
    ['an empty file', '', []],
    ['comments and empty documents only (D28)', '# a\n---\n# b\n---\n---\n~\n', []],
  ])('reads %s', (_name, text, values) => {
    expect(problemsOf(text)).toEqual([])
    expect(valuesOf(text)).toEqual(values)
  })

  it('numbers the documents of a file, empty ones not counted', () => {
    const { documents } = readYaml('a: 1\n---\n# nothing\n---\nb: 2\n')
    expect(documents.map(({ file, index }) => ({ file, index }))).toEqual([
      { file: 'policy.yaml', index: 0 },
      { file: 'policy.yaml', index: 1 },
    ])
  })

  it('reads the documents around one that cannot be read', () => {
    const text = 'a: 1\n---\nb: [\n---\nc: "open\n---\nd: 4\n'
    expect(valuesOf(text)).toEqual([{ a: 1 }, { d: 4 }])
    expect(problemsOf(text)).toEqual(['PLB0201 3:4', 'PLB0201 5:8'])
  })

  it('keeps a directive with the document it precedes', () => {
    const text = 'a: 1\n...\n# old\n%YAML 1.1\n---\nb: 2\n'
    expect(valuesOf(text)).toEqual([{ a: 1 }, { b: 2 }])
    expect(problemsOf(text)).toEqual(['PLB0212 4:1'])
  })
})

describe('a kind: List', () => {
  const list = [
    'apiVersion: v1',
    'kind: List',
    'metadata: {resourceVersion: ""}',
    'items:',
    '  - kind: A',
    '    name: first',
    '  - kind: B',
    '    name: second',
  ].join('\n')

  it('is read as its items, each a document of its own with its own places', () => {
    const { documents, problems } = readYaml(`x: 0\n---\n${list}`)
    expect(problems).toEqual([])
    expect(documents.map(({ index, value }) => ({ index, value }))).toEqual([
      { index: 0, value: { x: 0 } },
      { index: 1, value: { kind: 'A', name: 'first' } },
      { index: 2, value: { kind: 'B', name: 'second' } },
    ])
    expect(documents[2]?.locate(['name'])).toEqual({ file: 'policy.yaml', line: 10, column: 11 })
    expect(documents[2]?.locate([])).toEqual({ file: 'policy.yaml', line: 9, column: 5 })
    expect(documents[2]?.sourceText(['name'])).toBe('second')
  })

  it.each([
    [
      'a List within a List',
      `${list}\n  - {apiVersion: v1, kind: List, items: []}`,
      'PLB0216 9:5 items[2]',
    ],
    ['an item that is no object', `${list}\n  - 5`, 'PLB0215 9:5 items[2]'],
    ['items that are no sequence', 'apiVersion: v1\nkind: List\nitems: {}', 'PLB0216 3:8 items'],
    ['no items', 'apiVersion: v1\nkind: List', 'PLB0216 1:1 items'],
  ])('reports %s', (_name, text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  it('may be empty', () => {
    expect(problemsOf('apiVersion: v1\nkind: List\nitems: []')).toEqual([])
  })
})

describe('places', () => {
  const text = [
    'spec: # comment',
    "  \"quoted key\": 'it''s'",
    '  list:',
    '    - one',
    '    -',
    '    - {a: 1, "b": 2}',
    '  left-out:',
    '  block: |',
    '    first',
    '  anchored: &x {deep: 1}',
    '  alias: *x',
    '  "esc\\u0061ped": yes-it-is',
  ].join('\n')
  const { documents, problems } = readYaml(text)
  const document = documents[0]
  const at = (path: (string | number)[]) => {
    const place = document?.locate(path)
    const key = document?.locateKey(path)
    return `${place?.line}:${place?.column} key ${key?.line}:${key?.column}`
  }

  it.each([
    [[], '1:1 key 1:1'],
    [['spec'], '2:3 key 1:1'],
    [['spec', 'quoted key'], '2:17 key 2:3'],
    [['spec', 'list'], '4:5 key 3:3'],
    [['spec', 'list', 0], '4:7 key 4:7'],
    [['spec', 'list', 1], '5:5 key 5:5'],
    [['spec', 'list', 2], '6:7 key 6:7'],
    [['spec', 'list', 2, 'a'], '6:11 key 6:8'],
    [['spec', 'list', 2, 'b'], '6:19 key 6:14'],
    [['spec', 'left-out'], '7:11 key 7:3'],
    [['spec', 'anchored', 'deep'], '10:23 key 10:17'],
    [['spec', 'alias'], '11:10 key 11:3'],
    [['spec', 'alias', 'deep'], '10:23 key 10:17'],
    [['spec', 'escaped'], '12:19 key 12:3'],
  ])('finds %j at %s', (path, place) => {
    expect(problems).toEqual([])
    expect(at(path)).toBe(place)
  })

  it('gives the nearest ancestor of what is absent', () => {
    expect(at(['spec', 'absent', 'more'])).toBe('2:3 key 1:1')
    expect(at(['spec', 'list', 7, 'name'])).toBe('4:5 key 3:3')
    expect(at(['spec', 'list', 0, 'name'])).toBe('4:7 key 4:7')
  })

  it.each([
    [['spec', 'quoted key'], "'it''s'", true],
    [['spec', 'list', 0], 'one', false],
    [['spec', 'list', 2, 'b'], '2', false],
    [['spec', 'left-out'], '', false],
    [['spec', 'block'], '    first\n', true],
    [['spec', 'alias', 'deep'], '1', false],
    [['spec', 'list'], undefined, false],
    [['spec', 'absent'], undefined, false],
  ])('tells how %j was written', (path, source, quoted) => {
    expect(document?.sourceText(path)).toBe(source)
    expect(document?.isQuoted(path)).toBe(quoted)
  })

  it('counts columns in UTF-16 units, without the byte order mark', () => {
    const places = readYaml('\ufeff"😀": "😀😀"\nb: 1').documents[0]
    expect(places?.locate(['😀'])).toEqual({ file: 'policy.yaml', line: 1, column: 7 })
  })
})
