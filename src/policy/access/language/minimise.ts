/** The smallest automaton of a language: equal languages give equal automata, state for state. */
import { ALPHABET_SIZE } from './char-set.ts'
import { DEAD, type Dfa } from './dfa.ts'

export function minimise(dfa: Dfa): Dfa {
  const live = liveStates(dfa)
  if (live[0] !== 1) return emptyDfa()
  const blocks = refine(dfa, live)
  return mergeClasses(number(dfa, blocks))
}

function emptyDfa(): Dfa {
  return {
    classOf: new Uint8Array(ALPHABET_SIZE),
    classCount: 1,
    next: new Int32Array(0),
    accepting: new Uint8Array(0),
  }
}

/** States from which an accepting state can be reached. */
function liveStates(dfa: Dfa): Uint8Array {
  const count = dfa.accepting.length
  const sources: number[][] = Array.from({ length: count }, () => [])
  for (let at = 0; at < dfa.next.length; at++) {
    const to = dfa.next[at] ?? DEAD
    if (to !== DEAD) sources[to]?.push(Math.floor(at / dfa.classCount))
  }
  const live = Uint8Array.from(dfa.accepting)
  const queue = [...live.keys()].filter((state) => live[state] === 1)
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    for (const source of sources[state] ?? []) {
      if (live[source] === 1) continue
      live[source] = 1
      queue.push(source)
    }
  }
  return live
}

/** Moore's refinement: states are told apart until nothing tells two of one block apart. */
function refine(dfa: Dfa, live: Uint8Array): Int32Array {
  const count = dfa.accepting.length
  let blocks = Int32Array.from({ length: count }, (_, state) =>
    live[state] === 1 ? (dfa.accepting[state] ?? 0) : DEAD,
  )
  for (let size = 0, previous = -1; size !== previous; ) {
    previous = size
    const index = new Map<string, number>()
    const current = blocks
    blocks = Int32Array.from(current, (block, state) => {
      if (block === DEAD) return DEAD
      const row = [block]
      for (let at = 0; at < dfa.classCount; at++) {
        const to = dfa.next[state * dfa.classCount + at] ?? DEAD
        row.push(to === DEAD ? DEAD : (current[to] ?? DEAD))
      }
      const key = row.join()
      const known = index.get(key) ?? index.size
      index.set(key, known)
      return known
    })
    size = index.size
  }
  return blocks
}

/** One state a block, numbered in breadth-first order from the start. */
function number(dfa: Dfa, blocks: Int32Array): Dfa {
  const order = new Map<number, number>([[blocks[0] ?? 0, 0]])
  const members = [0]

  function numberOf(state: number): number {
    const block = state === DEAD ? DEAD : (blocks[state] ?? DEAD)
    if (block === DEAD) return DEAD
    if (!order.has(block)) order.set(block, members.push(state) - 1)
    return order.get(block) ?? DEAD
  }

  const next: number[] = []
  for (let at = 0; at < members.length; at++) {
    const row = (members[at] ?? 0) * dfa.classCount
    for (let column = 0; column < dfa.classCount; column++)
      next.push(numberOf(dfa.next[row + column] ?? DEAD))
  }
  return {
    ...dfa,
    next: Int32Array.from(next),
    accepting: Uint8Array.from(members, (state) => dfa.accepting[state] ?? 0),
  }
}

/** Characters whose columns are equal share a class, numbered by their smallest character. */
function mergeClasses(dfa: Dfa): Dfa {
  const count = dfa.accepting.length
  const index = new Map<string, number>()
  const columns: number[] = []
  const classOf = Uint8Array.from(dfa.classOf, (column) => {
    const targets = Array.from(
      { length: count },
      (_, state) => dfa.next[state * dfa.classCount + column] ?? DEAD,
    )
    const key = targets.join()
    const known = index.get(key)
    if (known !== undefined) return known
    index.set(key, columns.length)
    return columns.push(column) - 1
  })
  const next = Int32Array.from({ length: count * columns.length }, (_, at) => {
    const state = Math.floor(at / columns.length)
    return dfa.next[state * dfa.classCount + (columns[at % columns.length] ?? 0)] ?? DEAD
  })
  return { classOf, classCount: columns.length, next, accepting: dfa.accepting }
}
