/** SARIF 2.1.0 (OASIS), as code-scanning services read it. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { Problem, Severity } from '../../model/problem.ts'
import { sortProblems } from '../../model/problem-order.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import { printableText } from './printable-text.ts'
import { escapeForTerminals, titleOf } from './problems-json.ts'

export function printProblemsSarif(problems: readonly Problem[], toolVersion: string): string {
  const sorted = sortProblems(problems)
  const codes = [...new Set(sorted.map(({ code }) => code))].sort(byCodeUnit)
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'plumb', version: toolVersion, rules: codes.map(toRule) } },
        columnKind: 'utf16CodeUnits',
        results: sorted.map((problem) => toResult(problem, codes.indexOf(problem.code))),
      },
    ],
  }
  return `${escapeForTerminals(JSON.stringify(log, null, 2))}\n`
}

function toRule(code: string): object {
  return {
    id: code,
    shortDescription: { text: titleOf(code) || code },
    help: { text: `plumb explain ${code}` },
  }
}

const LEVELS = { error: 'error', warning: 'warning' } as const satisfies Record<Severity, string>

function toResult(problem: Problem, ruleIndex: number): object {
  const { code, severity, message, fix, location, path, related = [] } = problem
  const logical = path === '' ? {} : { logicalLocations: [{ fullyQualifiedName: path }] }
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: `${printableText(message)}. Fix: ${printableText(fix)}.` },
    locations: [{ physicalLocation: toPhysicalLocation(location), ...logical }],
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map((other, id) => ({
            id,
            physicalLocation: toPhysicalLocation(other),
            message: { text: 'see also' },
          })),
        }),
  }
}

function toPhysicalLocation({ file, line, column }: SourceLocation): object {
  return {
    artifactLocation: { uri: toRelativeUri(file), uriBaseId: '%SRCROOT%' },
    region: { startLine: line, startColumn: column },
  }
}

/** RFC 3986: a path segment may hold no space, `#`, `?` or `%`, and the first no colon. */
function toRelativeUri(path: string): string {
  return path.toWellFormed().split('/').map(encodeURIComponent).join('/')
}
