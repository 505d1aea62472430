/** Problems for a person at a terminal: by file, each with its line, a mark under the place, and the mend. */
import type { Problem } from '../../model/problem.ts'
import { sortProblems } from '../../model/problem-order.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import { countProblems, printCount } from './count-problems.ts'
import { printableText } from './printable-text.ts'
import { excerptOf } from './source-excerpt.ts'

/** How parts of the text are set off; the identity for each where colour is not wanted. */
export interface TextStyles {
  readonly file: (text: string) => string
  readonly error: (text: string) => string
  readonly warning: (text: string) => string
  readonly quiet: (text: string) => string
  readonly fix: (text: string) => string
}

const same = (text: string) => text
export const PLAIN_STYLES: TextStyles = {
  file: same,
  error: same,
  warning: same,
  quiet: same,
  fix: same,
}

export interface ProblemsTextOptions {
  /** A line of a file as it stands there, lines counted from 1; `undefined` where there is none to show. */
  readonly sourceLine: (file: string, line: number) => string | undefined
  readonly styles?: TextStyles
}

/** Ends with the counts. Empty for no problems: what to say then is the caller's. */
export function printProblemsText(
  problems: readonly Problem[],
  { sourceLine, styles = PLAIN_STYLES }: ProblemsTextOptions,
): string {
  if (problems.length === 0) return ''
  const byFile = Map.groupBy(sortProblems(problems), ({ location }) => location.file)
  const blocks = [...byFile].map(([file, own]) => {
    const entries = own.map((problem) => printProblem(problem, sourceLine, styles))
    return [styles.file(printableText(file)), entries.join('\n\n')].join('\n')
  })
  return `${[...blocks, printSummary(problems, styles)].join('\n\n')}\n`
}

const INDENT = ' '.repeat(7)

function printProblem(
  problem: Problem,
  sourceLine: ProblemsTextOptions['sourceLine'],
  styles: TextStyles,
): string {
  const { location, severity, code, message, fix, related = [] } = problem
  const place = `${location.line}:${location.column}`.padStart(6)
  const paint = styles[severity]
  return [
    `${styles.quiet(place)} ${paint(severity)} ${printableText(message)} ${styles.quiet(`[${code}]`)}`,
    ...printExcerpt(sourceLine(location.file, location.line), location.column, styles, paint),
    `${INDENT}${styles.fix('fix:')} ${printableText(fix)}`,
    ...related.map((other) => `${INDENT}${styles.quiet('see:')} ${printLocation(other)}`),
  ].join('\n')
}

function printExcerpt(
  line: string | undefined,
  column: number,
  styles: TextStyles,
  paint: (text: string) => string,
): readonly string[] {
  if (line === undefined || line.trim() === '') return []
  const excerpt = excerptOf(line, column)
  const bar = `${INDENT}${styles.quiet('|')} `
  return [`${bar}${excerpt.line}`, `${bar}${' '.repeat(excerpt.markAt)}${paint('^')}`]
}

function printLocation({ file, line, column }: SourceLocation): string {
  return `${printableText(file)}:${line}:${column}`
}

function printSummary(problems: readonly Problem[], styles: TextStyles): string {
  const { errors, warnings, files } = countProblems(problems)
  const parts = [
    ...(errors > 0 ? [styles.error(printCount(errors, 'error'))] : []),
    ...(warnings > 0 ? [styles.warning(printCount(warnings, 'warning'))] : []),
  ]
  const example = problems.find(({ severity }) => severity === 'error') ?? problems[0]
  const hint = styles.quiet(`plumb explain ${example?.code} says more`)
  return `${parts.join(' and ')} in ${printCount(files, 'file')}; ${hint}`
}
