/** JUnit's XML, as CI services read it: a suite a file, a failed case a problem. */
import type { Problem } from '../../model/problem.ts'
import { sortProblems } from '../../model/problem-order.ts'
import { countProblems } from './count-problems.ts'
import { printableText } from './printable-text.ts'
import { titleOf } from './problems-json.ts'

/** Warnings are cases that pass and say what they saw. Without problems there is one case, which passes. */
export function printProblemsJunit(problems: readonly Problem[]): string {
  const byFile = Map.groupBy(sortProblems(problems), ({ location }) => location.file)
  const suites = [...byFile].map(([file, own]) => printSuite(file, own))
  const body = suites.length > 0 ? suites.join('') : CLEAN
  const { errors } = countProblems(problems)
  const tests = Math.max(problems.length, 1)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="plumb check" tests="${tests}" failures="${errors}">\n${body}</testsuites>\n`
}

const CLEAN =
  '  <testsuite name="plumb check" tests="1" failures="0">\n    <testcase name="no problems" classname="plumb"/>\n  </testsuite>\n'

function printSuite(file: string, problems: readonly Problem[]): string {
  const { errors } = countProblems(problems)
  const cases = problems.map(printCase).join('')
  return `  <testsuite name="${escapeXml(file)}" tests="${problems.length}" failures="${errors}">\n${cases}  </testsuite>\n`
}

function printCase({ code, severity, location, path, message, fix }: Problem): string {
  const name = escapeXml(
    `${code} ${titleOf(code)} at ${location.line}:${location.column} ${path}`.trimEnd(),
  )
  const place = `${location.file}:${location.line}:${location.column}`
  const text = escapeXml(`${place} ${message}; fix: ${fix}`)
  const outcome =
    severity === 'error'
      ? `<failure type="${code}" message="${escapeXml(message)}">${text}</failure>`
      : `<system-out>${text}</system-out>`
  return `    <testcase name="${name}" classname="${escapeXml(location.file)}" file="${escapeXml(location.file)}" line="${location.line}">\n      ${outcome}\n    </testcase>\n`
}

/** XML 1.0 has no way to write most control characters, so they are shown instead. */
function escapeXml(text: string): string {
  return printableText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\ufffe\uffff]/g, '\ufffd')
}
