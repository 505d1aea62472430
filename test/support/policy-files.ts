/** Commits for tests of the policy language, from texts. */
import { createHash } from 'node:crypto'
import { type CommitSha, toCommitSha } from '../../src/model/commit-sha.ts'
import type { Problem } from '../../src/model/problem.ts'
import type { SourceFile } from '../../src/model/source-file.ts'
import type { Intent } from '../../src/policy/intent.ts'
import { type Compilation, PolicyCompiler } from '../../src/policy/policy-compiler.ts'

export const A_COMMIT: CommitSha = toCommitSha('a'.repeat(40))

export function aFile(path: string, text: string): SourceFile {
  const bytes = new TextEncoder().encode(text)
  return { path, blob: createHash('sha1').update(bytes).digest('hex'), type: 'file', bytes }
}

/** Each text is a file; a list of texts names them `1.yaml`, `2.yaml` and so on. */
export function aCommit(texts: readonly string[] | Readonly<Record<string, string>>): SourceFile[] {
  return Array.isArray(texts)
    ? texts.map((text: string, index) => aFile(`${index + 1}.yaml`, text))
    : Object.entries(texts).map(([path, text]) => aFile(path, text as string))
}

export function compile(
  texts: readonly string[] | Readonly<Record<string, string>>,
  compiler = new PolicyCompiler(),
): Compilation {
  return compiler.compile({ commit: A_COMMIT, files: aCommit(texts), root: '' })
}

/** For tests about what a valid commit means. */
export function compileValid(
  texts: readonly string[] | Readonly<Record<string, string>>,
  compiler?: PolicyCompiler,
): Intent {
  const result = compile(texts, compiler)
  if (result.type === 'valid') return result.intent
  throw new Error(`the commit has errors:\n${printProblems(result.problems)}`)
}

/** As a person reads them, on a line each for the place, the message and the fix. */
export function printProblems(problems: readonly Problem[]): string {
  return problems
    .map(({ severity, code, location, path, message, fix, related = [] }) => {
      const others = related.map(({ file, line }) => `\n  see ${file}:${line}`).join('')
      const at = `${location.file}:${location.line}:${location.column}`
      return `${at} ${severity} ${code}${path === '' ? '' : ` ${path}`}\n  ${message}\n  fix: ${fix}${others}`
    })
    .join('\n')
}
