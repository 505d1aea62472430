/** `plumb` itself: help, exit codes, and a page that knows every command. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tryProgram } from '../../src/lab/run-program.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')

/** A control plane that may really start: on a folder and ports of its own. */
const NEW_PLACE = [
  ...['--data', mkdtempSync(join(tmpdir(), 'plumbline-main-'))],
  ...['--xds-listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0'],
]

function plumb(...args: readonly string[]) {
  return tryProgram([process.execPath, MAIN, ...args], {
    environment: { ...process.env, NO_COLOR: '1' },
  })
}

async function commands(): Promise<readonly string[]> {
  const { stdout } = await plumb('--help')
  const listed = stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z]+) /gm)
  return Array.from(listed, ([, name = '']) => name).filter((name) => name !== 'help')
}

describe('plumb', () => {
  it('has a line in docs/cli.md for every command', async () => {
    const names = await commands()
    expect(names.length).toBeGreaterThan(10)
    expect(names.filter((name) => !PAGE.includes(`\`plumb ${name}\``))).toEqual([])
  })

  it('ends with 0 for help and for its version', async () => {
    const [help, version, ofCommand] = await Promise.all([
      plumb('--help'),
      plumb('--version'),
      plumb('why', '--help'),
    ])
    expect([help.status, version.status, ofCommand.status]).toEqual([0, 0, 0])
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([
    [['chekc'], /did you mean check/i],
    [['why'], /required option '--from/],
    [['check', '/no/such/folder'], /there is nothing at \/no\/such\/folder/],
    [['check', '-o', 'xml'], /allowed choices are text, json/i],
    [
      ['get', '--data', '/no/such/folder'],
      /no control plane answers at .* or a Kubernetes cluster/,
    ],
    [['rollback', 'mesh', '--cancel', '--for', '2h'], /--cancel takes the pin away/],
    [['status', '--data', '/no/such/folder'], /no control plane answers/],
    [['run', '--repository', '/no/such/folder', ...NEW_PLACE], /plumb: .*\/no\/such\/folder/],
    [['run', '--repository', '/no/such/folder', '--data', '/dev/null/no'], /plumb: /],
  ])('ends with 2 and one sentence when it cannot run: %j', async (args, sentence) => {
    const { status, stderr } = await plumb(...args)
    expect([status, stderr]).toEqual([2, expect.stringMatching(sentence)])
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it.each(['bash', 'zsh', 'fish'])('completes every command in %s', async (shell) => {
    const { stdout } = await plumb('completion', shell)
    const names = await commands()
    expect(names.filter((name) => !stdout.includes(name))).toEqual([])
    expect(stdout).toContain('mutate')
  })
})
