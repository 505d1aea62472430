/** Subset construction, with zero-width assertions decided by the characters on either side. */
import { type AlphabetClasses, alphabetClasses } from './alphabet-classes.ts'
import { type CharSet, hasChar } from './char-set.ts'
import { type Dfa, exploreDfa } from './dfa.ts'
import { WORD } from './named-classes.ts'
import type { Nfa } from './nfa.ts'
import type { Look } from './regex-node.ts'

/** What stands beside a position in the text: its edge, a word character, or another one. */
type Beside = 'edge' | 'word' | 'other'

interface Subset {
  /** NFA states before their empty edges are followed, sorted. */
  readonly states: readonly number[]
  readonly before: Beside
}

export function determinise(nfa: Nfa): Dfa {
  const { classOf, representatives } = classesOf(nfa)
  return exploreDfa<Subset>({
    start: { states: [0], before: 'edge' },
    classOf,
    classCount: representatives.length,
    representatives,
    key: (subset) => `${nfa.hasLooks ? subset.before : ''}${subset.states.join()}`,
    step: (subset, code) => stepSubset(nfa, subset, code),
    accepting: (subset) => closure(nfa, subset, 'edge').has(nfa.accept),
  })
}

/** Follows one text through the subsets that it meets, and builds no others. */
export function nfaAccepts(nfa: Nfa, text: string): boolean {
  let subset: Subset | undefined = { states: [0], before: 'edge' }
  for (let at = 0; at < text.length && subset !== undefined; at++)
    subset = stepSubset(nfa, subset, text.charCodeAt(at))
  return subset !== undefined && closure(nfa, subset, 'edge').has(nfa.accept)
}

function stepSubset(nfa: Nfa, subset: Subset, code: number): Subset | undefined {
  const beside = besideOf(code)
  const targets = new Set<number>()
  for (const state of closure(nfa, subset, beside))
    for (const edge of nfa.edges[state] ?? [])
      if (edge.type === 'chars' && hasChar(edge.set, code)) targets.add(edge.to)
  if (targets.size === 0) return undefined
  return { states: [...targets].sort((a, b) => a - b), before: beside }
}

function closure(nfa: Nfa, { states, before }: Subset, after: Beside): Set<number> {
  const seen = new Set(states)
  const queue = [...states]
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    for (const edge of nfa.edges[state] ?? []) {
      if (edge.type === 'chars' || seen.has(edge.to)) continue
      if (edge.type === 'look' && !holds(edge.look, before, after)) continue
      seen.add(edge.to)
      queue.push(edge.to)
    }
  }
  return seen
}

function holds(look: Look, before: Beside, after: Beside): boolean {
  switch (look) {
    case 'begin':
      return before === 'edge'
    case 'end':
      return after === 'edge'
    case 'word':
      return (before === 'word') !== (after === 'word')
    case 'notWord':
      return (before === 'word') === (after === 'word')
  }
}

function besideOf(code: number): Beside {
  return hasChar(WORD, code) ? 'word' : 'other'
}

/** Characters that no edge tells apart share a class. Word characters stand apart when assertions look at them. */
function classesOf(nfa: Nfa): AlphabetClasses {
  const sets = new Set<CharSet>(nfa.hasLooks ? [WORD] : [])
  for (const edges of nfa.edges)
    for (const edge of edges) if (edge.type === 'chars') sets.add(edge.set)
  return alphabetClasses((code) =>
    Array.from(sets, (set) => (hasChar(set, code) ? '1' : '0')).join(''),
  )
}
