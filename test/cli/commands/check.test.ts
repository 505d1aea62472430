/** The exit codes of `plumb check` and `plumb explain`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkCommand } from '../../../src/cli/commands/check.ts'
import { explainCommand } from '../../../src/cli/commands/explain.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

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

async function run(command: Command, ...args: readonly string[]) {
  await command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parseAsync(args, { from: 'user' })
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  return { exitCode, written }
}

async function aFolder(text: string): Promise<string> {
  const folder = join(await temporaryDirectory(), 'policies')
  await mkdir(folder)
  await writeFile(join(folder, 'a.yaml'), text)
  return folder
}

const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n'
const WARNED = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  uid: x\n'

describe('plumb check', () => {
  it('finds nothing wrong with the example that ships with it', async () => {
    const { exitCode, written: text } = await run(checkCommand(), 'policies-example', '--strict')
    expect({ exitCode, text }).toEqual({
      exitCode: 0,
      text: expect.stringMatching(/^ok \d+ files/),
    })
  })

  it('fails with --mutate where a rule could change unseen, and names the case that is missing', async () => {
    const { exitCode, written: text } = await run(checkCommand(), 'policies-example', '--mutate')
    const survivors = [...text.matchAll(/ warning (.*) \[(PLB0702)\]/g)]
    expect(exitCode).toBe(survivors.length > 0 ? 1 : 0)
    expect(text).toMatch(/ok .*, \d+ changes of rules tried\n$/)
    expect(text.match(/fix: add a case to a PolicyTest that expects \S+ -> /g)?.length ?? 0).toBe(
      survivors.length,
    )
  })

  it.each([
    ['nothing to say', NAMESPACE, [], 0],
    ['a problem', 'a: [', [], 1],
    ['a warning', WARNED, [], 0],
    ['a warning, when warnings count', WARNED, ['--strict'], 1],
    ['a problem, told as JSON', 'a: [', ['-o', 'json'], 1],
  ])('exits by what it found: %s', async (_name, text, flags, exitCode) => {
    const result = await run(checkCommand(), await aFolder(text), ...flags)
    expect(result.exitCode).toBe(exitCode)
  })

  it('could not run where there is nothing to read, or on flags it does not know', async () => {
    await expect(run(checkCommand(), '/nowhere')).rejects.toThrow('there is nothing at /nowhere')
    await expect(run(checkCommand(), '.', '-o', 'xml')).rejects.toThrow('Allowed choices are text')
  })
})

describe('plumb explain', () => {
  it.each(['PLB0203', 'plb0203', '203'])('knows %s', async (code) => {
    const { exitCode, written: text } = await run(explainCommand(), code)
    expect({ exitCode, text }).toEqual({
      exitCode: 0,
      text: expect.stringContaining('PLB0203 duplicate key\n'),
    })
  })

  it('names the nearest code to one that is none', async () => {
    await expect(run(explainCommand(), 'PLB0299')).rejects.toThrow(
      'there is no problem code "PLB0299"; did you mean PLB0209?',
    )
  })

  it('lists every code when it is given none', async () => {
    expect((await run(explainCommand())).written).toContain('PLB0203  error    duplicate key\n')
  })
})
