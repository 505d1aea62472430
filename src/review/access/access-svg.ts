/** The access relation as a picture: callers on the left, callees on the right, a line a pair with what it may do. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { AccessEdge, AccessGraph } from './access-graph.ts'

const ROW = 22
const TOP = 48
const BOX_WIDTH = 240
const GAP = 460
const MARGIN = 24
const CHAR_WIDTH = 6.2

interface Placed {
  readonly name: string
  readonly y: number
}

export function printAccessSvg(graph: AccessGraph): string {
  const edges = graph.edges.toSorted(
    (a, b) => byCodeUnit(a.source, b.source) || byCodeUnit(a.destination, b.destination),
  )
  const callers = place(edges, 'source')
  const callees = place(edges, 'destination')
  const height = TOP + MARGIN + ROW * Math.max(1, totalRows(edges))
  const width = 2 * MARGIN + 2 * BOX_WIDTH + GAP
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>Who may call what</title>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<text x="${MARGIN}" y="26" font-weight="bold">may call</text>`,
    `<text x="${width - MARGIN}" y="26" font-weight="bold" text-anchor="end">may be called</text>`,
    ...edges.map((edge) => drawEdge(edge, callers, callees)),
    ...callers.map((node) => drawNode(node, MARGIN)),
    ...callees.map((node) => drawNode(node, MARGIN + BOX_WIDTH + GAP)),
    '</svg>',
    '',
  ].join('\n')
}

function totalRows(edges: readonly AccessEdge[]): number {
  return edges.reduce((rows, edge) => rows + rowsOf(edge), 0)
}

function rowsOf(edge: AccessEdge): number {
  return edge.rules.length + 1
}

/** Each node stands at the middle of the rows its edges take on that side. */
function place(edges: readonly AccessEdge[], side: 'source' | 'destination'): readonly Placed[] {
  const sorted = edges.toSorted((a, b) => byCodeUnit(a[side], b[side]))
  const spans = new Map<string, { from: number; to: number }>()
  let row = 0
  for (const edge of sorted) {
    const span = spans.get(edge[side]) ?? { from: row, to: row }
    row += rowsOf(edge)
    spans.set(edge[side], { from: span.from, to: row })
  }
  return Array.from(spans, ([name, { from, to }]) => ({ name, y: TOP + (ROW * (from + to)) / 2 }))
}

function drawNode({ name, y }: Placed, x: number): string {
  return [
    `<rect x="${x}" y="${y - 14}" width="${BOX_WIDTH}" height="28" rx="6" fill="#f4f6f8" stroke="#51606e"/>`,
    `<text x="${x + BOX_WIDTH / 2}" y="${y + 4}" text-anchor="middle">${escapeXml(shorten(name, BOX_WIDTH))}</text>`,
  ].join('\n')
}

function drawEdge(
  edge: AccessEdge,
  callers: readonly Placed[],
  callees: readonly Placed[],
): string {
  const from = callers.find(({ name }) => name === edge.source)?.y ?? TOP
  const to = callees.find(({ name }) => name === edge.destination)?.y ?? TOP
  const x1 = MARGIN + BOX_WIDTH
  const x2 = x1 + GAP
  const middle = (x1 + x2) / 2
  const open = edge.source === '*'
  const labels = edge.rules.map((rule, index) => {
    const y = (from + to) / 2 - 6 - 14 * (edge.rules.length - 1 - index)
    return `<text x="${middle}" y="${y}" text-anchor="middle" font-size="11" fill="#29323a">${escapeXml(shorten(rule, GAP - 40))}<title>${escapeXml(rule)}</title></text>`
  })
  return [
    `<path d="M ${x1} ${from} C ${middle} ${from}, ${middle} ${to}, ${x2} ${to}" fill="none" stroke="${open ? '#c0392b' : '#2e7d5b'}" stroke-width="1.5"/>`,
    `<circle cx="${x2 - 3}" cy="${to}" r="3" fill="${open ? '#c0392b' : '#2e7d5b'}"/>`,
    ...labels,
  ].join('\n')
}

function shorten(text: string, width: number): string {
  const fits = Math.floor(width / CHAR_WIDTH)
  return text.length <= fits ? text : `${text.slice(0, fits - 1)}…`
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
