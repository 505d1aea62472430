/** Sets of HTTP requests: what a list of matches allows, as a union of boxes. Immutable; every question is decided exactly. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { hasMethod, someMethod } from './method-set.ts'
import {
  type HeaderRange,
  intersectBoxes,
  isEmptyBox,
  type RequestBox,
  subtractBox,
} from './request-box.ts'

/** A concrete request. `path` has no query; header names are lowercase. */
export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** More boxes than anybody's rules make, short of a set that was built to be large. */
const MAX_BOXES = 2000

/** Thrown when a difference falls into more pieces than we compare. */
export class RequestSetTooLargeError extends Error {
  constructor() {
    super(`the difference falls into more than ${MAX_BOXES} pieces`)
    this.name = 'RequestSetTooLargeError'
  }
}

export class RequestSet {
  readonly boxes: readonly RequestBox[]

  static readonly none = new RequestSet([])

  static of(boxes: readonly RequestBox[]): RequestSet {
    return boxes.reduce((set, box) => set.#add(box), RequestSet.none)
  }

  private constructor(boxes: readonly RequestBox[]) {
    this.boxes = boxes
  }

  get isEmpty(): boolean {
    return this.boxes.length === 0
  }

  has(request: HttpRequest): boolean {
    return this.boxes.some((box) => boxHas(box, request))
  }

  union(other: RequestSet): RequestSet {
    return other.boxes.reduce((set: RequestSet, box) => set.#add(box), this)
  }

  intersect(other: RequestSet): RequestSet {
    return RequestSet.of(
      this.boxes.flatMap((mine) => other.boxes.map((theirs) => intersectBoxes(mine, theirs))),
    )
  }

  minus(other: RequestSet): RequestSet {
    if (other.isEmpty) return this
    let rest: readonly RequestBox[] = this.boxes
    for (const box of other.boxes) {
      rest = rest.flatMap((mine) => subtractBox(mine, box))
      if (rest.length > MAX_BOXES) throw new RequestSetTooLargeError()
    }
    return RequestSet.of(rest)
  }

  contains(other: RequestSet): boolean {
    return other.minus(this).isEmpty
  }

  /** One request of the set, the simplest that is easily found; `undefined` for the empty set. */
  witness(): HttpRequest | undefined {
    return this.boxes
      .map(boxWitness)
      .sort((a, b) => a.path.length - b.path.length || byCodeUnit(a.path, b.path))[0]
  }

  /** Boxes that differ in their paths only become one, so that lists of plain paths stay one box. */
  #add(box: RequestBox): RequestSet {
    if (isEmptyBox(box)) return this
    const at = this.boxes.findIndex(
      (known) => known.methods === box.methods && sameHeaders(known.headers, box.headers),
    )
    const known = this.boxes[at]
    if (known === undefined) return new RequestSet([...this.boxes, box])
    return new RequestSet(this.boxes.with(at, { ...known, path: known.path.union(box.path) }))
  }
}

function boxHas(box: RequestBox, request: HttpRequest): boolean {
  if (!hasMethod(box.methods, request.method) || !box.path.has(request.path)) return false
  return [...box.headers].every(([name, range]) => {
    const value = request.headers[name]
    return value === undefined ? range.absent : range.values.has(value)
  })
}

function boxWitness(box: RequestBox): HttpRequest {
  const headers: Record<string, string> = {}
  for (const [name, range] of box.headers)
    if (!range.absent) headers[name] = range.values.witness() ?? ''
  return { method: someMethod(box.methods) ?? '', path: box.path.witness() ?? '', headers }
}

function sameHeaders(
  a: ReadonlyMap<string, HeaderRange>,
  b: ReadonlyMap<string, HeaderRange>,
): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([name, range]) => {
    const other = b.get(name)
    return other?.absent === range.absent && other.values.key === range.values.key
  })
}
