/** What YAML allows and a policy does not, and where it is said to stand. */
import { describe, expect, it } from 'vitest'
import { problemsOf, readYaml, valuesOf } from './read-yaml.ts'

function messageOf(text: string | Uint8Array): string {
  return readYaml(text)
    .problems.map(({ message, fix }) => `${message} | ${fix}`)
    .join('\n')
}

describe('keys', () => {
  it('that stand twice are reported with the first, and the first is kept', () => {
    const { problems, documents } = readYaml('a:\n  b: 1\n  "b": 2\n---\nc: 1\nc: 2')
    expect(problems).toMatchObject([
      {
        code: 'PLB0203',
        path: 'a.b',
        location: { line: 3, column: 3 },
        related: [{ line: 2, column: 3 }],
      },
      {
        code: 'PLB0203',
        path: 'c',
        location: { line: 6, column: 1 },
        related: [{ line: 5, column: 1 }],
      },
    ])
    expect(documents.map(({ value }) => value)).toEqual([{ a: { b: 1 } }, { c: 1 }])
  })

  it.each(['__proto__', 'constructor', 'prototype', '"__pro\\x74o__"'])('%s is unsafe', (key) => {
    const { problems, documents } = readYaml(`a:\n  ${key}: {polluted: true}\n  b: 1`)
    expect(problems).toMatchObject([{ code: 'PLB0204', location: { line: 2, column: 3 } }])
    expect(documents[0]?.value).toEqual({ a: { b: 1 } })
    expect({}).not.toHaveProperty('polluted')
  })

  it.each(['toString', 'hasOwnProperty', 'valueOf', 'length'])('%s is like any other', (key) => {
    expect(problemsOf(`${key}: 1`)).toEqual([])
    expect(valuesOf(`${key}: 1`)).toEqual([{ [key]: 1 }])
  })

  it.each([
    ['a sequence', '? [a, b]\n: 1', 'PLB0205 1:3 [""]'],
    ['a mapping', '{ {a: 1}: 2 }', 'PLB0205 1:3 [""]'],
    ['null', 'null: 1', 'PLB0205 1:1 null'],
    ['nothing', ': 1', 'PLB0205 1:1 [""]'],
    ['an alias', 'a: &x k\n*x : 1', 'PLB0205 2:1 [""]'],
    ['tagged', '!!str a: 1', 'PLB0208 1:7 a'],
    ['a merge', '<<: {a: 1}', 'PLB0211 1:1 ["<<"]'],
  ])('that are %s are no text', (_name, text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  it.each(['on', 'yes', 'N', '1.50', '0x1F', '017', '1_000', '1e3'])('%s is ambiguous', (key) => {
    expect(problemsOf(`${key}: x`)).toMatchObject([expect.stringMatching(/^PLB0206 1:1 /)])
    expect(problemsOf(`"${key}": x`)).toEqual([])
  })

  it.each(['true', '80', '1.5', '-1', 'onward', 'name'])('%s is read alike by all', (key) => {
    expect(problemsOf(`${key}: x`)).toEqual([])
  })
})

describe('plain scalars', () => {
  it.each([
    [
      'on',
      'unquoted on is text in YAML 1.2 and the boolean true in YAML 1.1, which kubectl and others read | write "on" if text is meant, or else true',
    ],
    [
      'NO',
      'unquoted NO is text in YAML 1.2 and the boolean false in YAML 1.1, which kubectl and others read | write "NO" if text is meant, or else false',
    ],
    [
      '017',
      'unquoted 017 is the number 17 in YAML 1.2 and the number 15 in YAML 1.1, which kubectl and others read | write "017" if text is meant, or else 15 or 17',
    ],
    [
      '0o17',
      'unquoted 0o17 is the number 15 in YAML 1.2 and text in YAML 1.1, which kubectl and others read | write "0o17" if text is meant, or else 15',
    ],
    [
      '1_000',
      'unquoted 1_000 is text in YAML 1.2 and the number 1000 in YAML 1.1, which kubectl and others read | write "1_000" if text is meant, or else 1000',
    ],
    [
      '12:30:45',
      'unquoted 12:30:45 is text in YAML 1.2 and the number 45045 in YAML 1.1, which kubectl and others read | write "12:30:45" if text is meant, or else 45045',
    ],
    [
      '1e3',
      'unquoted 1e3 is the number 1000 in YAML 1.2 and text in YAML 1.1, which kubectl and others read | write "1e3" if text is meant, or else 1000',
    ],
    [
      '9007199254740993',
      '"9007199254740993" is beyond 2^53, where readers begin to lose digits | write a smaller number, or quote it if text is meant',
    ],
    [
      '1e999',
      '"1e999" is not a finite number, and JSON, which the API server speaks, has no other | write a finite number, or quote it if text is meant',
    ],
    [
      '-.inf',
      '"-.inf" is not a finite number, and JSON, which the API server speaks, has no other | write a finite number, or quote it if text is meant',
    ],
    [
      '.NaN',
      '".NaN" is not a finite number, and JSON, which the API server speaks, has no other | write a finite number, or quote it if text is meant',
    ],
  ])('%s is explained', (scalar, message) => {
    expect(messageOf(`a: ${scalar}`)).toBe(message)
  })

  it.each([
    'y',
    'n',
    'Yes',
    'off',
    'OFF',
    '08',
    '-017',
    '+1_0',
    '0b11',
    '-0x1f',
    '1:30',
    '190:20:30.15',
  ])('%s is ambiguous', (scalar) => {
    expect(problemsOf(`a: ${scalar}`)).toEqual(['PLB0206 1:4 a'])
    expect(problemsOf(`a: '${scalar}'`)).toEqual([])
  })

  it.each([
    ['text', 'text'],
    ['true', true],
    ['False', false],
    ['~', null],
    ['', null],
    ['0', 0],
    ['-0', 0],
    ['+5', 5],
    ['0x1F', 31],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['1.0e+3', 1000],
    ['9007199254740991', 9007199254740991],
    ['2026-01-31', '2026-01-31'],
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['1h30m', '1h30m'],
    ['1.2.3', '1.2.3'],
    ['.', '.'],
    ['truey', 'truey'],
    ['bookstore:14001', 'bookstore:14001'],
    ['!!str 017', '017'],
    ['!!str', ''],
    ['! 5', '5'],
    ['!!int "5"', 5],
    ['!!float 5', 5],
    ['!!null ""', null],
    ['!!bool "true"', true],
  ])('%j is read alike by all', (scalar, value) => {
    expect(problemsOf(`a: ${scalar}`)).toEqual([])
    expect(valuesOf(`a: ${scalar}`)).toEqual([{ a: value }])
  })
})

describe('tags, anchors and aliases', () => {
  it.each([
    ['a tag of a program', 'a: !!js/function "x"', ['PLB0208 1:4 a']],
    ['a tag of CloudFormation', 'a: !Ref x', ['PLB0208 1:4 a']],
    ['a tag on a mapping', 'a: !Ref {b: 1}', ['PLB0208 1:4 a']],
    ['a collection tag on another', 'a: !!map [1]', ['PLB0208 1:4 a']],
    ['a core tag that does not fit', 'a: !!int x', ['PLB0208 1:4 a']],
    ['binary', 'a: !!binary aGk=', ['PLB0208 1:4 a']],
    ['a tag that is malformed', 'a: !a!b!c x', ['PLB0208 1:8']],
    ['a %TAG directive', '%TAG !! tag:evil,2026:\n---\na: !!str x', ['PLB0208 1:1']],
    ['an anchor defined twice', 'a: &x 1\nb: &x 2', ['PLB0209 2:4 b']],
    ['two anchors on a value', 'a: &x &y 1', ['PLB0201 1:7']],
    ['an alias before its anchor', 'a: *x\nb: &x 1', ['PLB0210 1:4 a']],
    ['an alias to itself', 'a: &x\n  b: *x', ['PLB0210 2:6 a.b']],
    ['an alias into another document', 'a: &x 1\n---\nb: *x', ['PLB0210 3:4 b']],
    ['another version of YAML', '# 5%\n%YAML 1.1\n---\na: 1', ['PLB0212 2:1']],
    ['a version that is none', '%YAML 2.0\n---\na: 1', ['PLB0201 2:1']],
  ])('report %s', (_name, text, problems) => {
    expect(problemsOf(text)).toEqual(problems)
  })

  it('share what is anchored', () => {
    const text = 'a: &x {b: [1, 2]}\nc: *x\nd: &y text\ne: *y'
    expect(problemsOf(text)).toEqual([])
    const shared = { b: [1, 2] }
    expect(valuesOf(text)).toEqual([{ a: shared, c: shared, d: 'text', e: 'text' }])
  })

  it('may carry the tags of the core schema', () => {
    expect(problemsOf('a: !!map {b: !!seq [!!str x]}')).toEqual([])
  })
})

describe('templates', () => {
  it.each([
    ['a Helm value', 'a: {{ .Values.x }}', ['PLB0213 1:4 a']],
    ['a quoted Helm value', 'a: "{{ .Values.x }}"', ['PLB0213 1:4 a']],
    ['a Helm condition', '{{- if .Values.x }}\na: 1\n{{- end }}', ['PLB0213 1:1']],
    [
      'a Helm condition further down',
      'a: 1\n# {{ no }}\n{{- if .Values.x }}\nb: 1',
      ['PLB0213 3:1'],
    ],
    ['an environment variable', 'a: \x24{NAME}-x', ['PLB0213 1:4 a']],
    ['a template as a key', '"\x24{NAME}": 1', ['PLB0213 1:1 ["\x24{NAME}"]']],
    ['a list of templates', 'a:\n  - {{ x }}\n  - b', ['PLB0213 2:5 a[0]']],
  ])('report %s', (_name, text, problems) => {
    expect(problemsOf(text)).toEqual(problems)
  })

  it('are no templates in comments, in regular expressions or with a single brace', () => {
    expect(problemsOf('# {{ x }} \x24{y}\na: ^/a{2}$\nb: {c: {d: 1}}\ne: $x')).toEqual([])
  })
})

describe('characters', () => {
  it.each([
    ['NUL in quotes', 'a: "\\0"', ['PLB0114 1:4 a']],
    ['an escape sequence', 'a: 1\nb: \u001b[31m', ['PLB0114 2:4']],
    ['NEL, a line end in YAML 1.1', 'a: b\u0085c: d', ['PLB0114 1:5']],
    ['a line separator', 'a: b\u2028c: d', ['PLB0114 1:5']],
    ['DEL', 'a: b\u007f', ['PLB0114 1:5']],
    ['half a surrogate pair', 'a: "\\ud800"', ['PLB0114 1:4 a']],
    ['an override', '# \u202e\na: 1', ['PLB0115 1:3']],
    ['an isolate in a value', 'a: x\u2066y', ['PLB0115 1:5']],
    ['an escaped override', 'a: "\\u202e"', ['PLB0115 1:4 a']],
    ['a decomposed letter', 'a: cafe\u0301', ['PLB0214 1:4 a']],
    ['a decomposed key', 'cafe\u0301: 1', ['PLB0214 1:1 ["cafe\u0301"]']],
    ['an escaped decomposed letter', 'a: "e\\u0301"', ['PLB0214 1:4 a']],
  ])('report %s', (_name, text, problems) => {
    expect(problemsOf(text)).toEqual(problems)
  })

  it.each([
    ['composed letters', 'a: "é"', 'é'],
    ['a pair of surrogates by escapes', 'a: "\\ud83d\\ude00"', '😀'],
    ['escapes of tab and line end', 'a: "x\\ty\\n"', 'x\ty\n'],
  ])('read %s', (_name, text, value) => {
    expect(problemsOf(text)).toEqual([])
    expect(valuesOf(text)).toEqual([{ a: value }])
  })

  it('in comments need not be composed', () => {
    expect(problemsOf('# cafe\u0301\na: 1')).toEqual([])
  })
})

describe('files that are no text of a policy', () => {
  const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

  it.each([
    ['UTF-16 with a mark', ascii('\xff\xfea\0:\0'), 'PLB0111 1:1'],
    ['UTF-16 big-endian with a mark', ascii('\xfe\xff\0a\0:'), 'PLB0111 1:1'],
    ['UTF-16 without a mark', ascii('a\0:\0 \x001\0'), 'PLB0111 1:1'],
    ['UTF-32', ascii('\xff\xfe\0\0a\0\0\0'), 'PLB0111 1:1'],
    ['Latin-1', ascii('a: 1\nb: caf\xe9\n'), 'PLB0112 2:1'],
    ['a truncated character', ascii('a: \xe2\x82'), 'PLB0112 1:1'],
    ['an overlong encoding', ascii('a: \xc0\xaf'), 'PLB0112 1:1'],
    ['a surrogate in UTF-8', ascii('a: \xed\xa0\x80'), 'PLB0112 1:1'],
    ['a picture', ascii('\x89PNG\r\n\x1a\n\0\0'), 'PLB0113 1:1'],
    ['git-crypt', ascii('\0GITCRYPT\0abc'), 'PLB0109 1:1'],
    [
      'an LFS pointer',
      ascii('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'),
      'PLB0108 1:1',
    ],
  ])('%s', (_name, bytes, problem) => {
    expect(problemsOf(bytes)).toEqual([problem])
  })

  it('are told without a word of their content', () => {
    const secret = ascii('\0\0password=hunter2')
    expect(messageOf(secret)).not.toContain('hunter2')
    expect(messageOf(ascii('user: ren\xe9 hunter2'))).not.toContain('hunter2')
  })

  it('report a merge conflict where it begins, and read the other documents', () => {
    const text = 'a: 1\n---\nb: 1\n<<<<<<< HEAD\nc: 1\n=======\nc: 2\n>>>>>>> x\n---\nd: 1'
    expect(problemsOf(text)).toEqual(['PLB0110 4:1'])
    expect(valuesOf(text)).toEqual([{ a: 1 }, { d: 1 }])
  })

  it('take no text that looks like a marker for a conflict', () => {
    expect(problemsOf('a: |\n  <<<<<<< x\nb: <<<<<<<')).toEqual([])
  })
})

describe('limits', () => {
  const lines = (count: number, line: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => line(at)).join('\n')
  const bomb = (levels: number) =>
    `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${lines(levels, (at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(', ')}]`)}`

  const small = { maxScalarLength: 50, maxKeysPerMapping: 20, maxDocumentsPerFile: 10 }

  it.each([
    ['depth', `a: ${'['.repeat(50)}${']'.repeat(50)}`, {}, ['PLB0220 1:53']],
    ['depth in blocks', lines(60, (at) => `${' '.repeat(at)}a:`), {}, ['PLB0220 50:50']],
    ['values', lines(30, (at) => `k${at}: [1, 2]`), { maxNodes: 21 }, ['PLB0221 6:1 k5']],
    ['values by aliases', bomb(6), { maxNodes: 150 }, ['PLB0221 3:10 a2[0]']],
    ['a scalar', `a: ${'x'.repeat(51)}`, small, ['PLB0222 1:4 a']],
    ['keys', lines(21, (at) => `k${at}: 1`), small, ['PLB0223 1:1']],
    ['documents', 'a: 1\n---\n'.repeat(12), small, ['PLB0119 1:1']],
  ])('hold for %s', (_name, text, limits, problems) => {
    expect(problemsOf(text, limits)).toEqual(problems)
  })

  it('leave alone what reaches them exactly', () => {
    expect(problemsOf(`a: ${'['.repeat(49)}${']'.repeat(49)}`)).toEqual([])
    expect(problemsOf(`a: ${'x'.repeat(50)}`, { maxScalarLength: 50 })).toEqual([])
    expect(problemsOf('a: [1, 2]', { maxNodes: 5 })).toEqual([])
    expect(problemsOf('a: [1, 2]', { maxNodes: 4 })).toHaveLength(1)
  })

  it('hand on no document whose aliases multiply beyond them', () => {
    expect(valuesOf(`${bomb(9)}\n---\nb: 1`)).toEqual([{ b: 1 }])
  })

  it('list a hundred problems of a document and say that there are more', () => {
    const problems = problemsOf(`a:\n${'  - on\n'.repeat(5_000)}`)
    expect(problems).toHaveLength(101)
    expect(problems.at(-1)).toBe('PLB0224 102:5 a[100]')
  })
})
