/** One file an attack or a habit: what a person sees of each. A change here is reviewed like a change of the program. */
import { expect, it } from 'vitest'
import { readFolder } from '../../src/cli/read-folder.ts'
import { readRepository } from '../../src/policy/files/read-repository.ts'
import { decodeText } from '../../src/policy/yaml/decode-text.ts'
import { READING_LIMITS } from '../../src/policy/yaml/reading-limits.ts'
import { printProblemsText } from '../../src/review/problems/problems-text.ts'

const FOLDER = 'test/corpus/reading'

it('says of every file what it read or what is wrong', async () => {
  const { signal } = new AbortController()
  const files = await readFolder({ folder: FOLDER, prefix: '', limits: READING_LIMITS, signal })
  const { documents, problems } = readRepository({ files, root: '' })
  const seen = files
    .filter(({ path }) => path.endsWith('.yaml'))
    .map((file) => {
      const own = problems.filter(({ location }) => location.file === file.path)
      const read = documents.filter((document) => document.file === file.path).length
      const decoded = decodeText(file)
      const lines = decoded.type === 'text' ? decoded.source.text.split(/\r\n|[\n\r]/) : []
      const text = printProblemsText(own, { sourceLine: (_file, line) => lines[line - 1] })
      return `${text === '' ? `${file.path}\n` : text}documents read: ${read}\n`
    })
  expect(seen.length).toBeGreaterThan(40)
  await expect(seen.join('\n')).toMatchFileSnapshot('reading/what-a-person-sees.txt')
})

it('shows nothing of a link’s target or of a file that is no text', async () => {
  const { signal } = new AbortController()
  const files = await readFolder({ folder: FOLDER, prefix: '', limits: READING_LIMITS, signal })
  expect(files.find(({ path }) => path === 'symbolic-link.yaml')).toMatchObject({
    type: 'symlink',
    bytes: new Uint8Array(),
  })
})
