/** The forms that programs read: JSON, SARIF, JUnit, GitHub annotations. */
import { describe, expect, it } from 'vitest'
import { printProblemsGithub } from '../../../src/review/problems/problems-github.ts'
import { printProblemsJson } from '../../../src/review/problems/problems-json.ts'
import { printProblemsJunit } from '../../../src/review/problems/problems-junit.ts'
import { printProblemsSarif } from '../../../src/review/problems/problems-sarif.ts'
import { aProblem, HOSTILE } from './a-problem.ts'

const warning = aProblem({
  severity: 'warning',
  path: '',
  location: { file: 'a b#1.yaml', line: 1, column: 1 },
  related: [{ file: 'shop/a.yaml', line: 9, column: 2 }],
})
const hostile = aProblem({
  message: HOSTILE,
  fix: HOSTILE,
  location: { file: HOSTILE, line: 1, column: 1 },
})

describe('JSON', () => {
  it('has one flat object a problem, in order', () => {
    expect(JSON.parse(printProblemsJson([aProblem(), warning]))).toEqual([
      {
        code: 'PLB0203',
        title: 'duplicate key',
        severity: 'warning',
        file: 'a b#1.yaml',
        line: 1,
        column: 1,
        path: '',
        message: 'the key "a" stands twice',
        fix: 'keep one of the two',
        related: [{ file: 'shop/a.yaml', line: 9, column: 2 }],
      },
      {
        code: 'PLB0203',
        title: 'duplicate key',
        severity: 'error',
        file: 'shop/a.yaml',
        line: 2,
        column: 4,
        path: 'spec.a',
        message: 'the key "a" stands twice',
        fix: 'keep one of the two',
        related: [],
      },
    ])
  })

  it('is an empty array for no problems', () => {
    expect(printProblemsJson([])).toBe('[]\n')
  })

  it('gives hostile text back whole, and holds nothing that acts on a terminal', () => {
    const text = printProblemsJson([hostile])
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    expect(JSON.parse(text)).toMatchObject([{ message: HOSTILE, file: HOSTILE }])
  })
})

describe('SARIF', () => {
  it('is a 2.1.0 log with a rule a code and a result a problem', () => {
    expect(JSON.parse(printProblemsSarif([aProblem(), warning], '0.1.0'))).toEqual({
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'plumb',
              version: '0.1.0',
              rules: [
                {
                  id: 'PLB0203',
                  shortDescription: { text: 'duplicate key' },
                  help: { text: 'plumb explain PLB0203' },
                },
              ],
            },
          },
          columnKind: 'utf16CodeUnits',
          results: [
            {
              ruleId: 'PLB0203',
              ruleIndex: 0,
              level: 'warning',
              message: { text: 'the key "a" stands twice. Fix: keep one of the two.' },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'a%20b%231.yaml', uriBaseId: '%SRCROOT%' },
                    region: { startLine: 1, startColumn: 1 },
                  },
                },
              ],
              relatedLocations: [
                {
                  id: 0,
                  message: { text: 'see also' },
                  physicalLocation: {
                    artifactLocation: { uri: 'shop/a.yaml', uriBaseId: '%SRCROOT%' },
                    region: { startLine: 9, startColumn: 2 },
                  },
                },
              ],
            },
            {
              ruleId: 'PLB0203',
              ruleIndex: 0,
              level: 'error',
              message: { text: 'the key "a" stands twice. Fix: keep one of the two.' },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'shop/a.yaml', uriBaseId: '%SRCROOT%' },
                    region: { startLine: 2, startColumn: 4 },
                  },
                  logicalLocations: [{ fullyQualifiedName: 'spec.a' }],
                },
              ],
            },
          ],
        },
      ],
    })
  })

  it('points at each problem by the index of its rule', () => {
    const log = JSON.parse(
      printProblemsSarif([aProblem({ code: 'PLB0301' }, 1), aProblem({}, 2)], '0.1.0'),
    ) as { runs: [{ results: { ruleIndex: number }[] }] }
    expect(log.runs[0].results.map(({ ruleIndex }) => ruleIndex)).toEqual([1, 0])
  })

  it('is a log without results for no problems', () => {
    expect(JSON.parse(printProblemsSarif([], '0.1.0'))).toMatchObject({ runs: [{ results: [] }] })
  })

  it('survives hostile text', () => {
    expect(() => JSON.parse(printProblemsSarif([hostile], '0.1.0'))).not.toThrow()
  })
})

describe('JUnit', () => {
  it('has a suite a file; errors fail and warnings pass', () => {
    expect(printProblemsJunit([aProblem(), warning])).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="plumb check" tests="2" failures="1">
        <testsuite name="a b#1.yaml" tests="1" failures="0">
          <testcase name="PLB0203 duplicate key at 1:1" classname="a b#1.yaml" file="a b#1.yaml" line="1">
            <system-out>a b#1.yaml:1:1 the key &quot;a&quot; stands twice; fix: keep one of the two</system-out>
          </testcase>
        </testsuite>
        <testsuite name="shop/a.yaml" tests="1" failures="1">
          <testcase name="PLB0203 duplicate key at 2:4 spec.a" classname="shop/a.yaml" file="shop/a.yaml" line="2">
            <failure type="PLB0203" message="the key &quot;a&quot; stands twice">shop/a.yaml:2:4 the key &quot;a&quot; stands twice; fix: keep one of the two</failure>
          </testcase>
        </testsuite>
      </testsuites>
      "
    `)
  })

  it('passes one case for no problems', () => {
    expect(printProblemsJunit([])).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="plumb check" tests="1" failures="0">
        <testsuite name="plumb check" tests="1" failures="0">
          <testcase name="no problems" classname="plumb"/>
        </testsuite>
      </testsuites>
      "
    `)
  })

  it('holds only characters that XML 1.0 has, and no markup of the commit', () => {
    const xml = printProblemsJunit([hostile])
    expect(xml.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    expect(xml).not.toContain('<b>')
  })
})

describe('GitHub annotations', () => {
  it('are a command a problem', () => {
    expect(printProblemsGithub([aProblem(), warning])).toBe(
      [
        '::warning file=a b#1.yaml,line=1,col=1,title=PLB0203::the key "a" stands twice%0Afix: keep one of the two\n',
        '::error file=shop/a.yaml,line=2,col=4,title=PLB0203::the key "a" stands twice%0Afix: keep one of the two\n',
      ].join(''),
    )
  })

  it('escape what ends a property or a command', () => {
    const problem = aProblem({
      message: '100%',
      location: { file: 'a,b:c.yaml', line: 1, column: 1 },
    })
    expect(printProblemsGithub([problem])).toBe(
      '::error file=a%2Cb%3Ac.yaml,line=1,col=1,title=PLB0203::100%25%0Afix: keep one of the two\n',
    )
  })

  it('let a commit start no command of its own', () => {
    expect(printProblemsGithub([hostile]).trimEnd().split('\n')).toHaveLength(1)
  })
})
