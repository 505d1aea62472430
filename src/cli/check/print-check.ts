/** The result of a check in the form that was asked for. */
import { relative, resolve } from 'node:path'
import type { Problem } from '../../model/problem.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import { decodeText } from '../../policy/yaml/decode-text.ts'
import { printCount } from '../../review/problems/count-problems.ts'
import { printProblemsGithub } from '../../review/problems/problems-github.ts'
import { printProblemsJson } from '../../review/problems/problems-json.ts'
import { printProblemsJunit } from '../../review/problems/problems-junit.ts'
import { printProblemsSarif } from '../../review/problems/problems-sarif.ts'
import { printProblemsText, type TextStyles } from '../../review/problems/problems-text.ts'
import type { PolicyFiles } from '../policy-files.ts'
import type { CheckResult } from './check-policies.ts'

export const CHECK_FORMATS = ['text', 'json', 'sarif', 'junit', 'github'] as const
export type CheckFormat = (typeof CHECK_FORMATS)[number]

export interface PrintCheckInput {
  readonly format: CheckFormat
  readonly result: CheckResult
  readonly source: PolicyFiles
  readonly styles: TextStyles
  readonly workingDirectory: string
  readonly toolVersion: string
}

export function printCheck(input: PrintCheckInput): string {
  const { problems } = input.result
  switch (input.format) {
    case 'text':
      return printText(input)
    case 'json':
      return printProblemsJson(problems)
    case 'sarif':
      return printProblemsSarif(problems, input.toolVersion)
    case 'junit':
      return printProblemsJunit(problems)
    case 'github':
      return printProblemsGithub(problems)
  }
}

/** For programs, paths are the repository's; for a person they start where the person is. */
function printText({ result, source, styles, workingDirectory }: PrintCheckInput): string {
  const { base } = source
  const show = (path: string) =>
    base === undefined ? path : relative(workingDirectory, resolve(base, path)) || '.'
  const shown = new Map(source.files.map((file) => [show(file.path), file]))
  const lines = new SourceLines((path) => shown.get(path)?.bytes)
  const problems = result.problems.map((problem) => withPaths(problem, show))
  const sourceLine = (file: string, line: number) => lines.at(file, line)
  return printProblemsText(problems, { sourceLine, styles }) + printTotals(result, styles)
}

function withPaths(problem: Problem, show: (path: string) => string): Problem {
  const at = (place: SourceLocation) => ({ ...place, file: show(place.file) })
  const { location, related } = problem
  return related === undefined
    ? { ...problem, location: at(location) }
    : { ...problem, location: at(location), related: related.map(at) }
}

function printTotals(
  { problems, stats, policyTests, mutants }: CheckResult,
  styles: TextStyles,
): string {
  if (problems.some(({ severity }) => severity === 'error')) return ''
  const parts = [
    printCount(stats.files, 'file'),
    printCount(stats.objects, 'object'),
    ...(policyTests > 0 ? [printCount(policyTests, 'policy test')] : []),
    ...(mutants === undefined ? [] : [`${printCount(mutants, 'change')} of rules tried`]),
  ]
  return `${styles.fix('ok')} ${parts.join(', ')}\n`
}

/** Lines of files for excerpts. Of a file that is no text, there are none. */
class SourceLines {
  readonly #bytesOf: (path: string) => Uint8Array | undefined
  readonly #lines = new Map<string, readonly string[]>()

  constructor(bytesOf: (path: string) => Uint8Array | undefined) {
    this.#bytesOf = bytesOf
  }

  at(path: string, line: number): string | undefined {
    const known = this.#lines.get(path) ?? this.#read(path)
    this.#lines.set(path, known)
    return known[line - 1]
  }

  #read(path: string): readonly string[] {
    const bytes = this.#bytesOf(path)
    const decoded = bytes === undefined ? undefined : decodeText({ path, bytes })
    return decoded?.type === 'text' ? decoded.source.text.split(/\r\n|[\n\r]/) : []
  }
}
