/** Thompson's construction: a syntax tree as a nondeterministic automaton. */
import type { CharSet } from './char-set.ts'
import type { Look, RegexNode } from './regex-node.ts'

export type NfaEdge =
  | { readonly type: 'empty'; readonly to: number }
  | { readonly type: 'look'; readonly look: Look; readonly to: number }
  | { readonly type: 'chars'; readonly set: CharSet; readonly to: number }

export interface Nfa {
  /** Edges by state. State 0 is the start. */
  readonly edges: readonly (readonly NfaEdge[])[]
  readonly accept: number
  readonly hasLooks: boolean
}

/** Thrown when a pattern needs more states than anybody would serve. */
export class AutomatonTooLargeError extends Error {
  constructor(limit: number) {
    super(`the pattern needs more than ${limit} automaton states`)
    this.name = 'AutomatonTooLargeError'
  }
}

const MAX_NFA_STATES = 20_000

export function toNfa(root: RegexNode): Nfa {
  const edges: NfaEdge[][] = []
  let hasLooks = false

  function newState(): number {
    if (edges.length >= MAX_NFA_STATES) throw new AutomatonTooLargeError(MAX_NFA_STATES)
    return edges.push([]) - 1
  }

  function connect(from: number, edge: NfaEdge): void {
    edges[from]?.push(edge)
  }

  /** Adds the node between `from` and the state it returns. */
  function build(node: RegexNode, from: number): number {
    switch (node.type) {
      case 'chars': {
        const to = newState()
        connect(from, { type: 'chars', set: node.set, to })
        return to
      }
      case 'look': {
        const to = newState()
        hasLooks = true
        connect(from, { type: 'look', look: node.look, to })
        return to
      }
      case 'concat':
        return node.parts.reduce((state, part) => build(part, state), from)
      case 'alternate': {
        const to = newState()
        for (const part of node.parts) {
          const entry = newState()
          connect(from, { type: 'empty', to: entry })
          connect(build(part, entry), { type: 'empty', to })
        }
        return to
      }
      case 'repeat':
        return repeat(node.body, node.min, node.max, from)
    }
  }

  function repeat(body: RegexNode, min: number, max: number, from: number): number {
    let state = from
    for (let count = 0; count < min; count++) state = build(body, state)
    if (max !== Number.POSITIVE_INFINITY) return optional(body, max - min, state)
    const loop = newState()
    connect(state, { type: 'empty', to: loop })
    connect(build(body, loop), { type: 'empty', to: loop })
    const to = newState()
    connect(loop, { type: 'empty', to })
    return to
  }

  function optional(body: RegexNode, times: number, from: number): number {
    const to = newState()
    let state = from
    for (let count = 0; count < times; count++) {
      connect(state, { type: 'empty', to })
      state = build(body, state)
    }
    connect(state, { type: 'empty', to })
    return to
  }

  const start = newState()
  const accept = build(root, start)
  return { edges, accept, hasLooks }
}
