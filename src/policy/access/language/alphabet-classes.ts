/** Characters that nothing tells apart, grouped, so that automata have a column a class and not a column a character. */
import { ALPHABET_SIZE } from './char-set.ts'

export interface AlphabetClasses {
  readonly classOf: Uint8Array
  /** One character of each class, by class. */
  readonly representatives: readonly number[]
}

/** Characters of equal keys share a class; classes are numbered by their smallest character. */
export function alphabetClasses(keyOf: (code: number) => string | number): AlphabetClasses {
  const index = new Map<string | number, number>()
  const representatives: number[] = []
  const classOf = new Uint8Array(ALPHABET_SIZE)
  for (let code = 0; code < ALPHABET_SIZE; code++) {
    const key = keyOf(code)
    let known = index.get(key)
    if (known === undefined) {
      known = representatives.push(code) - 1
      index.set(key, known)
    }
    classOf[code] = known
  }
  return { classOf, representatives }
}
