/**
 * How large a pattern's program is to Envoy, which refuses large ones. Envoy's RE2 is the C++ one, which flattens its programs
 * into lists (Prog::Flatten); re2js is a port of Go's, which does not, so its own count says little. Equal to Envoy's, step for step,
 * but for alternatives that repeat one another, where the two compilers factor differently by a few steps.
 */
import type { RE2JS } from 're2js'
import { type ByteInstruction, type ByteProgram, skipNops, toByteProgram } from './byte-program.ts'

/** `text` is the pattern as written, in ASCII. */
export function programSize(pattern: RE2JS, text: string): number {
  return new Flattening(toByteProgram(pattern, text)).size()
}

/** Lives for one program. */
class Flattening {
  readonly #program: ByteProgram
  /** Instructions that begin a list. */
  readonly #roots: Set<number>
  /** The alternatives that lead to an instruction. */
  readonly #alternativesTo = new Map<number, number[]>()

  constructor(program: ByteProgram) {
    this.#program = program
    this.#roots = new Set([0, program.unanchoredStart, program.start])
  }

  size(): number {
    this.#markSuccessors()
    this.#markDominators()
    return [...this.#roots].reduce((total, root) => total + this.#listLength(root), 0)
  }

  /** Whatever follows a step that consumes or remembers begins a list. */
  #markSuccessors(): void {
    const seen = new Set<number>()
    const waiting = [this.#program.unanchoredStart]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      const instruction = this.#at(at)
      if (instruction.type === 'match' || instruction.type === 'fail') continue
      if (instruction.type === 'alt') this.#rememberAlternative(at, instruction)
      else if (instruction.type !== 'nop') this.#roots.add(this.#skipNops(instruction.out))
      waiting.push(...this.#next(instruction))
    }
  }

  #rememberAlternative(at: number, alternative: ByteInstruction): void {
    for (const out of this.#next(alternative)) {
      const known = this.#alternativesTo.get(out)
      if (known === undefined) this.#alternativesTo.set(out, [at])
      else known.push(at)
    }
  }

  /** An instruction that two lists reach begins one of its own, so that neither repeats it. */
  #markDominators(): void {
    const { start, unanchoredStart } = this.#program
    const sorted = [...this.#roots].sort((a, b) => b - a)
    for (const root of sorted) {
      if (root === 0 || root === start || root === unanchoredStart) continue
      const reachable = this.#reach(root)
      for (const at of reachable)
        if (this.#alternativesTo.get(at)?.some((before) => !reachable.has(before)))
          this.#roots.add(at)
    }
  }

  /** Everything before the next step that consumes, or the next list; those included. */
  #reach(root: number): ReadonlySet<number> {
    const seen = new Set<number>()
    const waiting = [root]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      const instruction = this.#at(at)
      if (at !== root && this.#roots.has(at)) continue
      if (instruction.type === 'alt' || instruction.type === 'nop')
        waiting.push(...this.#next(instruction))
    }
    return seen
  }

  #listLength(root: number): number {
    let length = 0
    for (const at of this.#reach(root)) {
      const instruction = this.#at(at)
      if (at !== root && this.#roots.has(at)) length++
      else if (instruction.type === 'alt') length += this.#isAltMatch(at, instruction) ? 1 : 0
      else if (instruction.type !== 'nop') length++
    }
    return length
  }

  /** `(?s).*` at the end is a step of its own (Prog::Optimize, kInstAltMatch). */
  #isAltMatch(at: number, alternative: ByteInstruction): boolean {
    const { start, unanchoredStart } = this.#program
    // The loop in front is not looked at.
    if (at === unanchoredStart && at !== start) return false
    const [first, second] = this.#next(alternative)
    if (first === undefined || second === undefined) return false
    return (
      (this.#isLoop(first, at) && this.#endsIn(second)) ||
      (this.#endsIn(first) && this.#isLoop(second, at))
    )
  }

  #isLoop(at: number, alternative: number): boolean {
    const instruction = this.#at(at)
    return (
      instruction.type === 'byte' &&
      instruction.anyByte &&
      this.#skipNops(instruction.out) === alternative
    )
  }

  #endsIn(at: number): boolean {
    const instruction = this.#at(at)
    if (instruction.type === 'capture' || instruction.type === 'nop')
      return this.#endsIn(instruction.out)
    return instruction.type === 'match'
  }

  #next(instruction: ByteInstruction): readonly number[] {
    if (instruction.type === 'match' || instruction.type === 'fail') return []
    const out = this.#skipNops(instruction.out)
    return instruction.type === 'alt' ? [out, this.#skipNops(instruction.out1)] : [out]
  }

  #skipNops(at: number): number {
    return skipNops(this.#program.instructions, at)
  }

  #at(at: number): ByteInstruction {
    return this.#program.instructions[at] ?? { type: 'fail' }
  }
}
