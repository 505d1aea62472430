/** What `plumb why` prints about the example that ships with it, and its exit codes. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { whyCommand } from '../../../src/cli/commands/why.ts'

let written = ''

beforeEach(() => {
  written = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written += String(chunk)
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

async function why(...flags: readonly string[]) {
  await whyCommand()
    .exitOverride()
    .parseAsync(['policies-example', ...flags], { from: 'user' })
  const exitCode = process.exitCode
  process.exitCode = undefined
  return [exitCode, written]
}

const BUYER = ['--from', 'bookbuyer/bookbuyer']
const STORE = ['--to', 'bookstore/bookstore-v1']

describe('plumb why', () => {
  it('names the line that allows', async () => {
    expect(await why(...BUYER, ...STORE, '--path', '/books-bought?page=2')).toEqual([
      0,
      `bookbuyer/bookbuyer -> bookstore/bookstore-v1 GET /books-bought?page=2
  rules see the path /books-bought
  allowed (granted)
    by policies-example/bookstore/access.yaml:19
`,
    ])
  })

  it('asks each account behind a service, and fails when one denies', async () => {
    const [exitCode, text] = await why(
      ...['--from', 'bookthief/bookthief', '--to', 'bookstore/bookstore', '--method', 'GET'],
    )
    expect(exitCode).toBe(1)
    expect(text).toMatch(/bookstore-v1 GET[\s\S]*denied[\s\S]*bookstore-v2 GET[\s\S]*denied/)
  })

  it.each([
    ['a path that sidecars refuse', [...STORE, '--path', '/a%2Fb'], 'sidecars answer 400'],
    ['a connection where rules are about HTTP', STORE, 'open no TCP port; give --path'],
    [
      'a destination that nobody grants',
      ['--to', 'bookstore/bookstore-v3', '--path', '/'],
      'did you mean bookstore/bookstore-v',
    ],
    ['a method that no rule has', [...STORE, '--method', 'PUT'], 'it allows GET'],
    ['no namespace of the mesh', ['--to', 'nowhere/x'], 'the namespace nowhere is not enrolled'],
  ])('says of %s what is in the way', async (_name, flags, text) => {
    const [exitCode, printed] = await why(...BUYER, ...flags)
    expect(exitCode).toBe(1)
    expect(printed).toContain(text)
  })

  it('refuses a caller that it cannot read, and shows the form', async () => {
    await expect(why('--from', 'bookbuyer', ...STORE)).rejects.toThrow(
      '--from is "bookbuyer"; write NAMESPACE/SERVICEACCOUNT, as in bookbuyer/bookbuyer',
    )
  })
})
