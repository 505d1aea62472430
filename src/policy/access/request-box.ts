/** A product of ranges: any of these methods, with a path of this language, with headers in these ranges. */
import type { Language } from './language/language.ts'
import type { MethodSet } from './method-set.ts'
import { AUTHORITIES, HEADER_VALUES } from './universe.ts'

/** What one header may be. A header that a box does not speak of may be all that `anyHeader` says. */
export interface HeaderRange {
  readonly absent: boolean
  readonly values: Language
}

export interface RequestBox {
  readonly methods: MethodSet
  readonly path: Language
  /** By lowercase name. */
  readonly headers: ReadonlyMap<string, HeaderRange>
}

const ANY_HEADER: HeaderRange = { absent: true, values: HEADER_VALUES }
const ANY_AUTHORITY: HeaderRange = { absent: false, values: AUTHORITIES }

/** All that the header can be. Only `:authority` is in every request. */
export function anyHeader(name: string): HeaderRange {
  return name === ':authority' ? ANY_AUTHORITY : ANY_HEADER
}

export function isEmptyBox(box: RequestBox): boolean {
  if (box.methods === 0 || box.path.isEmpty) return true
  return [...box.headers.values()].some((range) => !range.absent && range.values.isEmpty)
}

export function intersectBoxes(a: RequestBox, b: RequestBox): RequestBox {
  const headers = new Map(a.headers)
  for (const [name, range] of b.headers)
    headers.set(name, intersectRanges(headers.get(name) ?? anyHeader(name), range))
  return { methods: a.methods & b.methods, path: a.path.intersect(b.path), headers }
}

/** Whether every request of `narrow` is one of `wide`; neither is empty. */
function boxContains(wide: RequestBox, narrow: RequestBox): boolean {
  return (
    (narrow.methods & ~wide.methods) === 0 &&
    [...wide.headers].every(([name, range]) => {
      const own = narrow.headers.get(name) ?? anyHeader(name)
      return (range.absent || !own.absent) && range.values.contains(own.values)
    }) &&
    wide.path.contains(narrow.path)
  )
}

function boxesOverlap(a: RequestBox, b: RequestBox): boolean {
  return (
    (a.methods & b.methods) !== 0 &&
    [...b.headers].every(([name, range]) => {
      const own = a.headers.get(name) ?? anyHeader(name)
      return (own.absent && range.absent) || own.values.overlaps(range.values)
    }) &&
    a.path.overlaps(b.path)
  )
}

/**
 * `a` without `b`, as disjoint boxes: for each dimension in turn, what lies outside `b` there and inside it in all
 * the dimensions before.
 */
export function subtractBox(a: RequestBox, b: RequestBox): readonly RequestBox[] {
  if (!boxesOverlap(a, b)) return [a]
  if (boxContains(b, a)) return []
  const pieces: RequestBox[] = [{ ...a, methods: a.methods & ~b.methods }]
  let inside: RequestBox = { ...a, methods: a.methods & b.methods }
  pieces.push({ ...inside, path: inside.path.minus(b.path) })
  inside = { ...inside, path: inside.path.intersect(b.path) }
  for (const [name, range] of b.headers) {
    const own = inside.headers.get(name) ?? anyHeader(name)
    pieces.push(withHeader(inside, name, subtractRange(own, range)))
    inside = withHeader(inside, name, intersectRanges(own, range))
  }
  return pieces.filter((piece) => !isEmptyBox(piece))
}

function withHeader(box: RequestBox, name: string, range: HeaderRange): RequestBox {
  return { ...box, headers: new Map(box.headers).set(name, range) }
}

function intersectRanges(a: HeaderRange, b: HeaderRange): HeaderRange {
  return { absent: a.absent && b.absent, values: a.values.intersect(b.values) }
}

function subtractRange(a: HeaderRange, b: HeaderRange): HeaderRange {
  return { absent: a.absent && !b.absent, values: a.values.minus(b.values) }
}
