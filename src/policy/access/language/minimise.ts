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
  let blocks = Int32Array.from(live, (isLive, state) =>
    isLive === 1 ? (dfa.accepting[state] ?? 0) : DEAD,
  )
  let size = 0
  for (let previous = -1; size !== previous; ) {
    previous = size
    const targets = blocks
    for (let column = 0; column < dfa.classCount; column++)
      [blocks, size] = splitBy(dfa, column, blocks, targets)
  }
  return blocks
}

/** Tells states of one block apart where the characters of one class lead to different blocks of `targets`. */
function splitBy(
  { next, classCount }: Dfa,
  column: number,
  blocks: Int32Array,
  targets: Int32Array,
): readonly [Int32Array<ArrayBuffer>, number] {
  const width = blocks.length + 1
  const index = new Map<number, number>()
  const split = Int32Array.from(blocks, (block, state) => {
    if (block === DEAD) return DEAD
    const to = next[state * classCount + column] ?? DEAD
    const key = block * width + (to === DEAD ? DEAD : (targets[to] ?? DEAD)) + 1
    const known = index.get(key) ?? index.size
    index.set(key, known)
    return known
  })
  return [split, index.size]
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
  const keys = Array.from({ length: dfa.classCount }, (_, column) => {
    const targets: number[] = []
    for (let state = 0; state < count; state++)
      targets.push(dfa.next[state * dfa.classCount + column] ?? DEAD)
    return targets.join()
  })
  const index = new Map<string, number>()
  const columns: number[] = []
  const classOf = Uint8Array.from(dfa.classOf, (column) => {
    const key = keys[column] ?? ''
    const known = index.get(key)
    if (known !== undefined) return known
    index.set(key, columns.length)
    return columns.push(column) - 1
  })
  const next = new Int32Array(count * columns.length)
  for (let state = 0; state < count; state++)
    for (const [at, column] of columns.entries())
      next[state * columns.length + at] = dfa.next[state * dfa.classCount + column] ?? DEAD
  return { classOf, classCount: columns.length, next, accepting: dfa.accepting }
}
