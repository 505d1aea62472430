/** Deterministic automata over ASCII, and the operations that decide questions about them. */
import { type AlphabetClasses, alphabetClasses } from './alphabet-classes.ts'
import { ALPHABET_SIZE } from './char-set.ts'
import { AutomatonTooLargeError } from './nfa.ts'

/** No string from here is accepted. */
export const DEAD = -1

export interface Dfa {
  /** Which class each character belongs to; characters of one class lead to the same states everywhere. */
  readonly classOf: Uint8Array
  readonly classCount: number
  /** `next[state * classCount + class]`, or DEAD. State 0 is the start, unless the language is empty. */
  readonly next: Int32Array
  readonly accepting: Uint8Array
}

export const MAX_DFA_STATES = 20_000

export function accepts(dfa: Dfa, text: string): boolean {
  let state = dfa.accepting.length > 0 ? 0 : DEAD
  for (let index = 0; index < text.length && state !== DEAD; index++) {
    const code = text.charCodeAt(index)
    state = code < ALPHABET_SIZE ? step(dfa, state, code) : DEAD
  }
  return state !== DEAD && dfa.accepting[state] === 1
}

function step(dfa: Dfa, state: number, code: number): number {
  if (state === DEAD) return DEAD
  return dfa.next[state * dfa.classCount + (dfa.classOf[code] ?? 0)] ?? DEAD
}

/** Builds an automaton from any deterministic step function; states are told apart by `key`. Not minimised. */
export function exploreDfa<State>(options: {
  readonly start: State
  readonly classOf: Uint8Array
  readonly classCount: number
  /** One character of each class. */
  readonly representatives: readonly number[]
  readonly key: (state: State) => string | number
  readonly step: (state: State, code: number) => State | undefined
  readonly accepting: (state: State) => boolean
}): Dfa {
  const { classCount, classOf } = options
  const index = new Map<string | number, number>([[options.key(options.start), 0]])
  const states = [options.start]
  const next: number[] = []
  for (let at = 0; at < states.length; at++) {
    const state = states[at] as State
    for (const code of options.representatives) next.push(target(state, code))
  }

  function target(state: State, code: number): number {
    const to = options.step(state, code)
    if (to === undefined) return DEAD
    const key = options.key(to)
    const known = index.get(key)
    if (known !== undefined) return known
    if (states.length >= MAX_DFA_STATES) throw new AutomatonTooLargeError(MAX_DFA_STATES)
    index.set(key, states.length)
    return states.push(to) - 1
  }

  return {
    classOf,
    classCount,
    next: Int32Array.from(next),
    accepting: Uint8Array.from(states, (state) => (options.accepting(state) ? 1 : 0)),
  }
}

/** The strings for which `wanted(in a, in b)` holds; it must not hold for strings in neither. */
export function productDfa(a: Dfa, b: Dfa, wanted: (inA: boolean, inB: boolean) => boolean): Dfa {
  const { classOf, representatives } = joinClasses(a.classOf, b.classOf)
  const width = b.accepting.length + 1
  const isAccepting = (dfa: Dfa, state: number) => state !== DEAD && dfa.accepting[state] === 1
  return exploreDfa<readonly [number, number]>({
    start: [a.accepting.length > 0 ? 0 : DEAD, b.accepting.length > 0 ? 0 : DEAD],
    classOf,
    classCount: representatives.length,
    representatives,
    key: ([x, y]) => (x + 1) * width + y + 1,
    step: ([x, y], code) => {
      const to = [step(a, x, code), step(b, y, code)] as const
      const stillInA = to[0] !== DEAD && (wanted(true, false) || to[1] !== DEAD)
      const stillInB = to[1] !== DEAD && (wanted(false, true) || to[0] !== DEAD)
      return stillInA || stillInB ? to : undefined
    },
    accepting: ([x, y]) => wanted(isAccepting(a, x), isAccepting(b, y)),
  })
}

/** Whether some string is in `a` and, as `wanted` has it, in `b` or not in `b`: the first one found ends the search. */
export function someString(a: Dfa, b: Dfa, wanted: 'in b' | 'not in b'): boolean {
  if (a.accepting.length === 0) return false
  const { representatives } = joinClasses(a.classOf, b.classOf)
  const width = b.accepting.length + 1
  const queue: Pair[] = [[0, b.accepting.length > 0 ? 0 : DEAD]]
  const seen = new Set(queue.map(([x, y]) => x * width + y + 1))
  for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
    const isInB = pair[1] !== DEAD && b.accepting[pair[1]] === 1
    if (a.accepting[pair[0]] === 1 && isInB === (wanted === 'in b')) return true
    for (const code of representatives) {
      const to: Pair = [step(a, pair[0], code), step(b, pair[1], code)]
      const key = to[0] * width + to[1] + 1
      if (seen.has(key) || isHopeless(to, wanted)) continue
      seen.add(key)
      queue.push(to)
    }
  }
  return false
}

type Pair = readonly [number, number]

function isHopeless([x, y]: Pair, wanted: 'in b' | 'not in b'): boolean {
  return x === DEAD || (wanted === 'in b' && y === DEAD)
}

function joinClasses(a: Uint8Array, b: Uint8Array): AlphabetClasses {
  return alphabetClasses((code) => (a[code] ?? 0) * ALPHABET_SIZE + (b[code] ?? 0))
}
