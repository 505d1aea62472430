/** Manifests in the forms that they have been written in since 2019, and what each is taken to mean. */
import { expect, it } from 'vitest'
import { readFolder } from '../../src/cli/read-folder.ts'
import type { SourceFile } from '../../src/model/source-file.ts'
import { PolicyCompiler } from '../../src/policy/policy-compiler.ts'
import { READING_LIMITS } from '../../src/policy/yaml/reading-limits.ts'
import { printProblemsText } from '../../src/review/problems/problems-text.ts'
import { A_COMMIT, aFile } from '../support/policy-files.ts'

const FOLDER = 'test/corpus/language'

/** Enrolled namespaces for all that a file names, so that what is said is about the file. */
function surroundings(text: string): readonly SourceFile[] {
  const declared = new Set([...text.matchAll(/^kind: Namespace$/gm)])
  if (declared.size > 0) return []
  const names = new Set(['default'])
  for (const [, name = ''] of text.matchAll(/namespace: ([a-z0-9-]+)/g)) names.add(name)
  return Array.from(names, (name) =>
    aFile(
      `~/${name}.yaml`,
      `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}, labels: {openservicemesh.io/monitored-by: osm}}}`,
    ),
  )
}

function meaning(file: SourceFile): string {
  const text = new TextDecoder().decode(file.bytes)
  const files = [file, ...surroundings(text)]
  const result = new PolicyCompiler().compile({ commit: A_COMMIT, files, root: '' })
  const said = printProblemsText(result.problems, {
    sourceLine: (_file, line) => text.split('\n')[line - 1],
  })
  const objects = result.type === 'valid' ? result.intent.objects : []
  const applied = objects
    .filter(({ location }) => location.file === file.path)
    .map(({ object }) => JSON.stringify(object))
  return [`## ${file.path}: ${result.type}`, said, ...applied, ''].join('\n')
}

it('reads every form as its author meant it, or refuses it with the right line', async () => {
  const { signal } = new AbortController()
  const files = await readFolder({ folder: FOLDER, prefix: '', limits: READING_LIMITS, signal })
  const manifests = files.filter(({ path }) => /\.(?:yaml|json)$/.test(path))
  expect(manifests.length).toBeGreaterThan(25)
  await expect(manifests.map(meaning).join('\n')).toMatchFileSnapshot('language/what-it-means.txt')
})
