/**
 * The access relation as a picture: callers on the left, callees on the right, and between them a block a pair with what it may
 * ask. Every block has rows of its own, so that nothing is written over anything.
 */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { AccessEdge, AccessGraph } from './access-graph.ts'

const ROW = 18
const TOP = 52
const MARGIN = 24
const BOX = 230
const SPAN = 110
const RULES = 330
const CHAR = 6.2
const WIDTH = 2 * MARGIN + 2 * BOX + 2 * SPAN + RULES

const GRANTED = '#2e7d5b'
const OPEN = '#c0392b'

interface Block {
  readonly edge: AccessEdge
  readonly top: number
  readonly height: number
}

interface Node {
  readonly name: string
  readonly y: number
}

export function printAccessSvg(graph: AccessGraph): string {
  const blocks = stack(graph.edges)
  const height = (blocks.at(-1)?.top ?? TOP) + (blocks.at(-1)?.height ?? ROW) + MARGIN
  const callers = place(blocks, 'source')
  const callees = place(blocks, 'destination')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>Who may call what</title>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    heading(MARGIN + BOX / 2, 'who'),
    heading(WIDTH / 2, 'may ask'),
    heading(WIDTH - MARGIN - BOX / 2, 'whom'),
    ...blocks.map((block) => drawBlock(block, callers, callees)),
    ...callers.map((node) => drawNode(node, MARGIN)),
    ...callees.map((node) => drawNode(node, WIDTH - MARGIN - BOX)),
    '</svg>',
    '',
  ].join('\n')
}

function stack(edges: readonly AccessEdge[]): readonly Block[] {
  const sorted = edges.toSorted(
    (a, b) => byCodeUnit(a.source, b.source) || byCodeUnit(a.destination, b.destination),
  )
  let top = TOP
  return sorted.map((edge) => {
    const block = { edge, top, height: ROW * edge.rules.length + 16 }
    top += block.height + 10
    return block
  })
}

/** A node stands at the mean of its blocks, pushed down where it would touch the one above. */
function place(blocks: readonly Block[], side: 'source' | 'destination'): readonly Node[] {
  const middles = new Map<string, number[]>()
  for (const { edge, top, height } of blocks)
    middles.set(edge[side], [...(middles.get(edge[side]) ?? []), top + height / 2])
  const wanted = Array.from(middles, ([name, ys]) => ({
    name,
    y: ys.reduce((sum, y) => sum + y, 0) / ys.length,
  })).sort((a, b) => a.y - b.y)
  let free = 0
  return wanted.map(({ name, y }) => {
    const placed = { name, y: Math.max(y, free) }
    free = placed.y + 34
    return placed
  })
}

function heading(x: number, text: string): string {
  return `<text x="${x}" y="28" font-weight="bold" text-anchor="middle">${text}</text>`
}

function drawNode({ name, y }: Node, x: number): string {
  return [
    `<rect x="${x}" y="${y - 14}" width="${BOX}" height="28" rx="6" fill="#f4f6f8" stroke="#51606e"/>`,
    label(x + BOX / 2, y + 4, name === '*' ? 'every identity of the mesh' : name, BOX - 12),
  ].join('\n')
}

function drawBlock(
  { edge, top, height }: Block,
  callers: readonly Node[],
  callees: readonly Node[],
): string {
  const colour = edge.source === '*' ? OPEN : GRANTED
  const middle = top + height / 2
  const left = MARGIN + BOX + SPAN
  const from = callers.find(({ name }) => name === edge.source)?.y ?? middle
  const to = callees.find(({ name }) => name === edge.destination)?.y ?? middle
  return [
    curve({ x: MARGIN + BOX, y: from }, { x: left, y: middle }, colour),
    curve({ x: left + RULES, y: middle }, { x: WIDTH - MARGIN - BOX, y: to }, colour),
    `<rect x="${left}" y="${top}" width="${RULES}" height="${height}" rx="4" fill="#ffffff" stroke="${colour}"/>`,
    ...edge.rules.map((rule, index) =>
      label(left + RULES / 2, top + 20 + ROW * index, rule, RULES - 16),
    ),
  ].join('\n')
}

interface Point {
  readonly x: number
  readonly y: number
}

function curve(from: Point, to: Point, colour: string): string {
  const middle = (from.x + to.x) / 2
  return `<path d="M ${from.x} ${from.y} C ${middle} ${from.y}, ${middle} ${to.y}, ${to.x} ${to.y}" fill="none" stroke="${colour}" stroke-width="1.5"/>`
}

/** What does not fit is cut, and whole in the tooltip. */
function label(x: number, y: number, text: string, width: number): string {
  const fits = Math.floor(width / CHAR)
  const shown = text.length <= fits ? text : `${text.slice(0, fits - 1)}…`
  const tooltip = shown === text ? '' : `<title>${escapeXml(text)}</title>`
  return `<text x="${x}" y="${y}" text-anchor="middle">${escapeXml(shown)}${tooltip}</text>`
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
