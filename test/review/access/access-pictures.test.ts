import { describe, expect, it } from 'vitest'
import { buildAccessRelation } from '../../../src/policy/access/access-relation.ts'
import { type AccessRow, accessRows } from '../../../src/policy/access/access-rows.ts'
import { printAccessCsv } from '../../../src/review/access/access-csv.ts'
import { printAccessDot } from '../../../src/review/access/access-dot.ts'
import { toAccessGraph } from '../../../src/review/access/access-graph.ts'
import { printAccessSvg } from '../../../src/review/access/access-svg.ts'
import { aGrant, anIntent } from '../../policy/access/an-intent.ts'

const rows: readonly AccessRow[] = accessRows(
  buildAccessRelation(
    anIntent({
      namespaces: ['shop', 'store', 'open'],
      meshPolicies: [{ namespace: 'open', access: 'permissive' }],
      grants: [
        aGrant({
          from: ['shop/buyer'],
          to: 'store/books',
          port: 8080,
          http: [
            { pathRegex: '/a|"b"', methods: ['GET'], headers: [{ name: 'x', valueRegex: '<1>' }] },
          ],
          tcp: [[3306], 'any'],
        }),
      ],
    }),
  ),
)

describe('the access relation', () => {
  it('as CSV quotes what needs quotes', () => {
    expect(printAccessCsv(rows)).toBe(
      [
        'from,to,port,what,headers,granted at',
        '*,open/*,,everything,,policy.yaml:7',
        'shop/buyer,store/books,8080,"GET /a|""b""",x: <1>,policy.yaml:12',
        'shop/buyer,store/books,8080,TCP 3306,,policy.yaml:13',
        'shop/buyer,store/books,8080,every TCP port,,policy.yaml:13',
        '',
      ].join('\r\n'),
    )
  })

  it('as CSV holds nothing that a spreadsheet would run', () => {
    const row = { ...rows[0], type: 'open', source: '=1+1' } as unknown as AccessRow
    expect(printAccessCsv([row]).split('\r\n')[1]).toMatch(/^'=1\+1,/)
  })

  it('as a graph has a node an account and an edge a pair', () => {
    const graph = toAccessGraph(rows)
    expect([[...graph.namespaces], graph.edges.length]).toEqual([
      [
        ['', ['*']],
        ['open', ['open/*']],
        ['shop', ['shop/buyer']],
        ['store', ['store/books']],
      ],
      2,
    ])
  })

  it('as DOT escapes quotes, backslashes and line ends in labels', () => {
    expect(printAccessDot(toAccessGraph(rows))).toContain(
      '"shop/buyer" -> "store/books" [label=":8080 GET /a|\\"b\\" (x: <1>)\\n:8080 TCP 3306\\n:8080 every TCP port"];',
    )
  })

  it('as SVG escapes markup, and is the same for the same rows', () => {
    const svg = printAccessSvg(toAccessGraph(rows))
    expect(svg).toContain('GET /a|&quot;b&quot; (x: &lt;1&gt;)')
    expect(svg).not.toMatch(/<1>/)
    expect(printAccessSvg(toAccessGraph(rows.toReversed()))).toHaveLength(svg.length)
  })

  it('as SVG is a picture even when nobody may call anything', () => {
    expect(printAccessSvg(toAccessGraph([]))).toMatch(/^<svg [^>]*height="\d+"/)
  })
})
