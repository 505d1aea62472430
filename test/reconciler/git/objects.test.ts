/** Trees, commits and tags, decoded. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCommit, taggedObject } from '../../../src/reconciler/git/commit-object.ts'
import { parseTree } from '../../../src/reconciler/git/tree-entries.ts'

const OID = 'ab'.repeat(20)
const OTHER = 'cd'.repeat(20)

function tree(...entries: readonly (readonly [mode: string, name: string | Buffer])[]): Buffer {
  return Buffer.concat(
    entries.map(([mode, name]) =>
      Buffer.concat([
        Buffer.from(`${mode} `),
        Buffer.from(name),
        Buffer.of(0),
        Buffer.from(OID, 'hex'),
      ]),
    ),
  )
}

describe('a tree', () => {
  it('is its entries, in order', () => {
    const bytes = tree(
      ['100644', 'a'],
      ['100755', 'b'],
      ['120000', 'c'],
      ['160000', 'd'],
      ['40000', 'e'],
      ['100664', 'f'],
    )
    expect(parseTree(bytes)).toEqual({
      ok: true,
      value: [
        { name: 'a', type: 'file', oid: OID },
        { name: 'b', type: 'file', oid: OID },
        { name: 'c', type: 'symlink', oid: OID },
        { name: 'd', type: 'gitlink', oid: OID },
        { name: 'e', type: 'tree', oid: OID },
        { name: 'f', type: 'file', oid: OID },
      ],
    })
  })

  it('may be empty', () => {
    expect(parseTree(Buffer.alloc(0))).toEqual({ ok: true, value: [] })
  })

  it.each([
    '.gitignore',
    '.github',
    'git',
    '.git.yaml',
    'a b',
    'ümläut',
    '…',
    '.gitmodules',
    '-rf',
  ])('may name %j', (name) => {
    expect(parseTree(tree(['100644', name]))).toEqual({
      ok: true,
      value: [{ name, type: 'file', oid: OID }],
    })
  })

  it.each([
    '',
    '.',
    '..',
    'a/b',
    '/',
    'a\\b',
    'a\nb',
    'a\u001bb',
    'a\u0085b',
    'a\u2028b',
    'a\u202eb',
    '.git',
    '.GiT',
    'git~1',
    'GIT~2',
    '.git ',
    '.git.',
    '.git...',
    '.git::$INDEX_ALLOCATION',
    '.g\u200cit',
    '\ufeff.git',
  ])('that names %j says what is wrong with it', (name) => {
    const parsed = parseTree(tree(['100644', name]))
    expect(parsed.ok && parsed.value[0]?.fault).toMatch(/^its name/)
  })

  it('keeps names apart that are not UTF-8', () => {
    const parsed = parseTree(tree(['100644', Buffer.of(0xff)], ['100644', Buffer.of(0xfe)]))
    expect(parsed.ok && parsed.value.map(({ name, fault }) => [name, fault])).toEqual([
      ['\u{fffd}ff', 'its name is not UTF-8'],
      ['\u{fffd}fe', 'its name is not UTF-8'],
    ])
  })

  it('does not name one thing twice', () => {
    expect(parseTree(tree(['100644', 'a'], ['40000', 'a']))).toEqual({
      ok: false,
      error: 'it names "a" twice',
    })
  })

  it('has no unknown modes', () => {
    expect(parseTree(tree(['100644', 'a'], ['060000', 'b']))).toEqual({
      ok: false,
      error: 'the entry at byte 29 has an unknown mode',
    })
  })

  it('is refused wherever it is cut off', () => {
    const bytes = tree(['100644', 'a.yaml'], ['40000', 'dir'])
    const whole = [0, tree(['100644', 'a.yaml']).length, bytes.length]
    for (let length = 0; length <= bytes.length; length += 1)
      expect(parseTree(bytes.subarray(0, length)).ok).toBe(whole.includes(length))
  })

  it('is decoded or refused, never thrown over', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseTree(bytes)))
  })
})

describe('a commit', () => {
  const text = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\n'))

  it('is its tree, parents, author and message', () => {
    const bytes = text(
      `tree ${OID}`,
      `parent ${OID}`,
      `parent ${OTHER}`,
      'author Ada Lovelace <ada@example.com> 1767225600 +0100',
      'committer Bob <bob@example.com> 1767225600 -0500',
      'gpgsig -----BEGIN PGP SIGNATURE-----',
      ' tree 0000',
      ' -----END PGP SIGNATURE-----',
      '',
      'Let bookthief in',
      '',
      'tree of knowledge',
      '',
    )
    expect(parseCommit(bytes)).toEqual({
      ok: true,
      value: {
        tree: OID,
        parents: [OID, OTHER],
        author: 'Ada Lovelace <ada@example.com>',
        message: 'Let bookthief in\n\ntree of knowledge\n',
      },
    })
  })

  it.each([
    ['without a time', 'Ada <a@b>', 'Ada <a@b>'],
    ['without anything', '', ''],
    ['before 1970', 'Ada <a@b> -5 +0000', 'Ada <a@b>'],
  ])('is read with an author %s', (_, author, expected) => {
    const parsed = parseCommit(text(`tree ${OID}`, `author ${author}`, '', 'm'))
    expect(parsed.ok && parsed.value.author).toBe(expected)
  })

  it('may have no message', () => {
    const parsed = parseCommit(text(`tree ${OID}`, 'author Ada <a@b> 0 +0000'))
    expect(parsed.ok && parsed.value.message).toBe('')
  })

  it.each([
    ['no tree', text('author Ada <a@b> 0 +0000', '', `tree ${OID}`), 'it has no tree'],
    ['a tree that is no name', text('tree HEAD', '', ''), 'it has no tree'],
    [
      'a parent that is no name',
      text(`tree ${OID}`, 'parent ../..', '', ''),
      'one of its parents is not an object name',
    ],
  ])('is refused with %s', (_, bytes, error) => {
    expect(parseCommit(bytes)).toEqual({ ok: false, error })
  })
})

it('a tag names its object', () => {
  const tag = `object ${OID}\ntype commit\ntag v1\ntagger Ada <a@b> 0 +0000\n\nmessage\n`
  expect(taggedObject(Buffer.from(tag))).toBe(OID)
  expect(taggedObject(Buffer.from('object HEAD\n'))).toBeUndefined()
})
