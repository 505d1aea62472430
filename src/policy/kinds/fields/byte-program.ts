/** A pattern's program as the C++ RE2 has it: over bytes, with the loop that looks for a match's beginning. */
import type { RE2JS } from 're2js'
import { type ByteRanges, toByteRanges } from './byte-ranges.ts'

export type ByteInstruction =
  | { readonly type: 'alt'; readonly out: number; readonly out1: number }
  /** `anyByte`: the range 00 to FF. */
  | { readonly type: 'byte'; readonly out: number; readonly anyByte: boolean }
  | { readonly type: 'capture'; readonly out: number }
  | { readonly type: 'nop'; readonly out: number }
  | { readonly type: 'empty-width'; readonly out: number; readonly condition: number }
  | { readonly type: 'match' }
  | { readonly type: 'fail' }

/** Instruction 0 is the failing one. */
export interface ByteProgram {
  readonly instructions: readonly ByteInstruction[]
  readonly start: number
  /** With the loop in front; the same as `start` for a pattern that begins with `^`. */
  readonly unanchoredStart: number
}

/** Instructions of re2js (its Inst.op) that are no runes, which are those of Go's regexp/syntax. */
const OP = { alt: 1, altMatch: 2, capture: 3, emptyWidth: 4, fail: 5, match: 6, nop: 7 } as const
const BEGIN_TEXT = 4
const END_TEXT = 8

interface GoInstruction {
  readonly op: number
  readonly out: number
  readonly arg: number
  readonly runes: ArrayLike<number>
}

/** `text` is the pattern as written, in ASCII. */
export function toByteProgram(pattern: RE2JS, text: string): ByteProgram {
  const { prog } = pattern.re2() as {
    prog: { start: number; numInst(): number; getInst(pc: number): GoInstruction }
  }
  const written = Array.from({ length: prog.numInst() }, (_, pc) => prog.getInst(pc))
  const { instructions, entries } = toBytes(written)
  stripEnd(instructions)
  const whole = entries[prog.start] ?? 0
  const rest = skipPrefix(instructions, whole, text)
  const anchored = rest === undefined && stripBegin(instructions, whole)
  const start = skipNops(instructions, rest ?? whole)
  if (anchored) return { instructions, start, unanchoredStart: start }
  const loop = instructions.length + 1
  const looking: readonly ByteInstruction[] = [
    { type: 'byte', out: loop, anyByte: true },
    { type: 'alt', out: start, out1: loop - 1 },
  ]
  return { instructions: [...instructions, ...looking], start, unanchoredStart: loop }
}

/** `^` and characters that stand for themselves, the last of them not repeated. */
const PREFIX = /^\^+(?:(?:[^\\.+*?()|[\]{}^$]|\\[^A-Za-z0-9])(?![*+?{]))+/
const ESCAPE = /\\(?=.)/gs

/** Such a prefix is compared before the program runs, which then is of the rest alone (Regexp::RequiredPrefix). */
function skipPrefix(
  instructions: readonly ByteInstruction[],
  start: number,
  text: string,
): number | undefined {
  const [prefix] = PREFIX.exec(text) ?? []
  const first = instructions[start]
  if (prefix === undefined || first?.type !== 'empty-width') return undefined
  const literals = prefix.replace(/^\^+/, '').replaceAll(ESCAPE, '').length
  let at = first.out
  for (let skipped = 0; skipped < literals; skipped++) {
    const instruction = instructions[at]
    if (instruction?.type !== 'byte') return undefined
    at = instruction.out
  }
  return at
}

/** Where each of the written instructions begins among the bytes: a class is a chain, entered at its end. */
function toBytes(written: readonly GoInstruction[]): {
  readonly instructions: ByteInstruction[]
  readonly entries: readonly number[]
} {
  const ranges = written.map((instruction) =>
    isRune(instruction) ? toByteRanges(instruction.runes) : undefined,
  )
  const entries: number[] = []
  let length = 0
  for (const own of ranges) {
    length += own === undefined || own.count === 0 ? 1 : 2 * own.count - 1
    entries.push(length - 1)
  }
  const entry = (pc: number) => entries[pc] ?? 0
  const instructions: ByteInstruction[] = []
  written.forEach((instruction, pc) => {
    const own = ranges[pc]
    const out = entry(instruction.out)
    if (own === undefined) instructions.push(toSimple(instruction, out, entry(instruction.arg)))
    else pushRanges(instructions, own, out)
  })
  return { instructions, entries }
}

function isRune({ op }: GoInstruction): boolean {
  return op > OP.nop
}

function toSimple({ op, arg }: GoInstruction, out: number, out1: number): ByteInstruction {
  if (op === OP.alt || op === OP.altMatch) return { type: 'alt', out, out1 }
  if (op === OP.capture) return { type: 'capture', out }
  if (op === OP.emptyWidth) return { type: 'empty-width', out, condition: arg }
  if (op === OP.nop) return { type: 'nop', out }
  return { type: op === OP.match ? 'match' : 'fail' }
}

/** One instruction a range, joined by alternatives (Compiler::AddRuneRangeLatin1). */
function pushRanges(instructions: ByteInstruction[], ranges: ByteRanges, out: number): void {
  const { count, anyByte } = ranges
  if (count === 0) instructions.push({ type: 'fail' })
  for (let index = 0; index < count; index++) {
    const before = instructions.length - 1
    instructions.push({ type: 'byte', out, anyByte })
    if (index > 0) instructions.push({ type: 'alt', out: before, out1: before + 1 })
  }
}

/** A leading `^` becomes a property of the program (IsAnchorStart). */
function stripBegin(instructions: ByteInstruction[], start: number): boolean {
  for (let at = start; ; ) {
    const instruction = instructions[at]
    if (instruction?.type === 'capture' || instruction?.type === 'nop') {
      at = instruction.out
      continue
    }
    if (instruction?.type !== 'empty-width' || instruction.condition !== BEGIN_TEXT) return false
    instructions[at] = { type: 'nop', out: instruction.out }
    return true
  }
}

/** So does a trailing `$`, where every match passes it (IsAnchorEnd). */
function stripEnd(instructions: ByteInstruction[]): void {
  let target = instructions.findIndex(({ type }) => type === 'match')
  for (;;) {
    const before = instructions.flatMap((instruction, at) =>
      leadsTo(instruction, target) ? [at] : [],
    )
    const [only] = before
    const instruction = only === undefined ? undefined : instructions[only]
    if (before.length !== 1 || only === undefined) return
    if (instruction?.type === 'empty-width' && instruction.condition === END_TEXT) {
      instructions[only] = { type: 'nop', out: instruction.out }
      return
    }
    if (instruction?.type !== 'capture' && instruction?.type !== 'nop') return
    target = only
  }
}

function leadsTo(instruction: ByteInstruction, target: number): boolean {
  if (instruction.type === 'match' || instruction.type === 'fail') return false
  if (instruction.out === target) return true
  return instruction.type === 'alt' && instruction.out1 === target
}

/** The C++ compiler leaves these out as it goes. */
export function skipNops(instructions: readonly ByteInstruction[], from: number): number {
  let at = from
  for (let next = instructions[at]; next?.type === 'nop'; next = instructions[at]) at = next.out
  return at
}
