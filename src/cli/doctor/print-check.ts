/** A check for a person: what was found on one line, and below it what was expected and how to mend it. */
import { printableText } from '../../review/problems/printable-text.ts'
import type { TextStyles } from '../../review/problems/problems-text.ts'
import type { Check } from './check.ts'

const NAME_WIDTH = 28

export function printCheck(check: Check, styles: TextStyles): string {
  const { name, status, found, expected, fix } = check
  const paint = { ok: styles.fix, warn: styles.warning, fail: styles.error }[status]
  const line = `${paint(status.padEnd(4))}  ${printableText(name).padEnd(NAME_WIDTH)} ${printableText(found)}\n`
  const below = [
    expected === undefined ? '' : `      ${styles.quiet(`expected: ${printableText(expected)}`)}\n`,
    fix === undefined ? '' : `      ${styles.fix(`fix: ${printableText(fix)}`)}\n`,
  ]
  return line + below.join('')
}

/** `9 ok, 1 warning, 2 failed`. */
export function printTally(checks: readonly Check[]): string {
  const count = (status: Check['status']) =>
    checks.filter((check) => check.status === status).length
  const warnings = count('warn')
  return `${count('ok')} ok, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}, ${count('fail')} failed\n`
}
