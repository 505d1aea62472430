/** Entries of a commit, for tests: text in, blob id and bytes as git would have them. */
import { createHash } from 'node:crypto'
import type { SourceFile } from '../../../src/model/source-file.ts'

export function aFile(path: string, text: string | Uint8Array = ''): SourceFile {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
  return { path, blob, type: 'file', bytes }
}

export function aSymlink(path: string): SourceFile {
  return { ...aFile(path), type: 'symlink' }
}

export function aSubmodule(path: string): SourceFile {
  return { ...aFile(path), type: 'gitlink' }
}

/** A small document of that kind: `apps/v1 Deployment`. */
export function aDocument(apiVersionAndKind: string, name = 'a'): string {
  const [apiVersion, kind] = apiVersionAndKind.split(' ')
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}}\n`
}
