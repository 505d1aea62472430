/** docs/problems.md and the table of codes say the same, and what the page says is printed is printed. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkPolicies } from '../../src/cli/check/check-policies.ts'
import { toCommitSha } from '../../src/model/commit-sha.ts'
import type { Problem } from '../../src/model/problem.ts'
import type { SourceFile } from '../../src/model/source-file.ts'
import { readRepository } from '../../src/policy/files/read-repository.ts'
import { type KnownProblemCode, PROBLEM_CODES } from '../../src/policy/problem-codes.ts'
import { KINDS } from '../../src/policy/registry.ts'
import { printProblemsText } from '../../src/review/problems/problems-text.ts'
import { aFile } from './files/a-file.ts'
import { EXAMPLES } from './problem-examples.ts'

const PAGE = 'docs/problems.md'
const RANGES = ['PLB01', 'PLB02', 'PLB03', 'PLB04', 'PLB05', 'PLB06', 'PLB07'] as const
const CODES = Object.keys(PROBLEM_CODES) as KnownProblemCode[]

interface Section {
  readonly code: KnownProblemCode
  readonly title: string
  readonly severity: string
  readonly examples: readonly string[]
  readonly printed: string
  readonly mend: string
}

function parseSection(text: string): Section {
  const [, code = '', title = ''] = /^## (\S+) (.+)$/m.exec(text) ?? []
  const [, severity = ''] = /^\*\*(\w+)\*\* \S/m.exec(text) ?? []
  const [, printed = ''] = /^```text\n([\s\S]*?)```$/m.exec(text) ?? []
  const [, mend = ''] = /^Mend: (.+)/m.exec(text) ?? []
  const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)```$/gm)].map(([, yaml = '']) => yaml)
  return { code: code as KnownProblemCode, title, severity, examples, printed, mend }
}

function sectionsOf(page: string): Section[] {
  return page
    .split(/^(?=## )/m)
    .slice(1)
    .map(parseSection)
}

const page = readFileSync(PAGE, 'utf8')
const sections = sectionsOf(page)

describe.each(RANGES)('the sections of %sxx', (range) => {
  const own = sections.filter(({ code }) => code.startsWith(range))

  it('are those of the table, in order, with its titles and severities', () => {
    const expected = CODES.filter((code) => code.startsWith(range)).sort()
    expect(own.map(({ code, title, severity }) => ({ code, title, severity }))).toEqual(
      expected.map((code) => ({ code, ...PROBLEM_CODES[code] })),
    )
  })

  it('have an example, what is printed, and the mend', () => {
    for (const { code, examples, printed, mend } of own) {
      expect(examples.length > 0 || EXAMPLES[code] !== undefined, `${code} has no example`).toBe(
        true,
      )
      expect(printed, `${code} says nothing of what is printed`).not.toBe('')
      expect(mend, `${code} has no mend`).not.toBe('')
    }
  })
})

it('no section of the page is outside the ranges', () => {
  expect(sections.filter(({ code }) => !RANGES.some((range) => code.startsWith(range)))).toEqual([])
})

describe('what the page says is printed', () => {
  it.each(sections)('for $code is printed', (section) => {
    const printed = printExample(section)
    expect(printed, 'the example does not raise the problem').not.toBe('')
    if (process.env['UPDATE_DOCS'] === '1') updatePage(section.code, printed)
    else expect(section.printed).toBe(printed)
  })
})

/** The problems of that code only: an example need not be a whole policy. */
function printExample({ code, examples }: Section): string {
  const { files, problems } =
    EXAMPLES[code] === undefined ? fromPage(code, examples) : fromTable(code)
  const sourceLine = (path: string, line: number) => {
    const file = files.find((candidate) => candidate.path === path)
    return isText(code) ? new TextDecoder().decode(file?.bytes).split('\n')[line - 1] : undefined
  }
  const own = problems.filter((problem) => problem.code === code)
  return printProblemsText(own, { sourceLine })
    .split('\n')
    .slice(0, -3)
    .join('\n')
    .concat('\n')
    .trimStart()
}

/** Nothing is shown of files that are no text. */
function isText(code: KnownProblemCode): boolean {
  return !['PLB0101', 'PLB0109', 'PLB0111', 'PLB0112', 'PLB0113'].includes(code)
}

interface Outcome {
  readonly files: readonly SourceFile[]
  readonly problems: readonly Problem[]
}

function fromTable(code: KnownProblemCode): Outcome {
  const files = EXAMPLES[code] ?? []
  return { files, problems: readRepository({ files, root: '', ownKinds: KINDS }).problems }
}

function fromPage(code: KnownProblemCode, examples: readonly string[]): Outcome {
  const files = examples.map((text, at) => {
    const [, path = at === 0 ? 'policy.yaml' : `policy-${at + 1}.yaml`] =
      /^# file: (\S+)/.exec(text) ?? []
    return aFile(path, text)
  })
  const isReading = code.startsWith('PLB01') || code.startsWith('PLB02')
  if (isReading)
    return { files, problems: readRepository({ files, root: '', ownKinds: KINDS }).problems }
  const commit = toCommitSha('0'.repeat(40))
  const mutate = () => undefined
  const { problems } = checkPolicies({ commit, files, root: '' }, { mutate })
  return { files, problems }
}

function updatePage(code: KnownProblemCode, printed: string): void {
  const now = readFileSync(PAGE, 'utf8')
  const updated = now
    .split(/^(?=## )/m)
    .map((text) =>
      text.startsWith(`## ${code} `)
        ? text.replace(/^```text\n[\s\S]*?```$/m, () => `\`\`\`text\n${printed}\`\`\``)
        : text,
    )
  writeFileSync(PAGE, updated.join(''))
}
