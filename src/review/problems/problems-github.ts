/** GitHub's workflow commands: each problem becomes an annotation on its line of the pull request. */
import type { Problem } from '../../model/problem.ts'
import { sortProblems } from '../../model/problem-order.ts'
import { printableText } from './printable-text.ts'

export function printProblemsGithub(problems: readonly Problem[]): string {
  return sortProblems(problems)
    .map(({ severity, location, code, message, fix }) => {
      const properties = [
        `file=${escapeProperty(location.file)}`,
        `line=${location.line}`,
        `col=${location.column}`,
        `title=${escapeProperty(code)}`,
      ]
      return `::${severity} ${properties.join(',')}::${escapeText(`${printableText(message)}\nfix: ${printableText(fix)}`)}\n`
    })
    .join('')
}

/** The runner decodes these three in the text, and no others. */
function escapeText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** In properties `:` and `,` end the value as well. */
function escapeProperty(text: string): string {
  return escapeText(printableText(text)).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
