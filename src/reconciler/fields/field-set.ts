/**
 * Sets of fields, as Kubernetes writes them in metadata.managedFields (FieldsV1): a tree of path elements, `f:name` for a
 * member, `k:{…}` for an item of a list merged by key, `v:…` for an item of a set. Immutable.
 */
export interface FieldSet {
  /** Whether the place itself is in the set, and not only places below it. */
  readonly owned: boolean
  readonly members: ReadonlyMap<string, FieldSet>
}

export const NO_FIELDS: FieldSet = { owned: false, members: new Map() }

export function isEmptySet(set: FieldSet): boolean {
  return !set.owned && set.members.size === 0
}

/** Anything but objects below is read as a leaf: managedFields written by others must not stop us. */
export function fromFieldsV1(fields: Readonly<Record<string, unknown>>): FieldSet {
  const members = new Map<string, FieldSet>()
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.') continue
    members.set(element, readMember(below))
  }
  return { owned: '.' in fields, members }
}

function readMember(below: unknown): FieldSet {
  const isLeaf = typeof below !== 'object' || below === null || Object.keys(below).length === 0
  return isLeaf
    ? { owned: true, members: new Map() }
    : fromFieldsV1(below as Readonly<Record<string, unknown>>)
}

export function toFieldsV1(set: FieldSet): Readonly<Record<string, unknown>> {
  const below = [...set.members].map(([element, member]) => [element, writeMember(member)] as const)
  return Object.fromEntries(set.owned ? [['.', {}] as const, ...below] : below)
}

function writeMember(member: FieldSet): Readonly<Record<string, unknown>> {
  return member.members.size === 0 ? {} : toFieldsV1(member)
}

export function unionOf(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b
  if (isEmptySet(b)) return a
  const members = new Map(a.members)
  for (const [element, member] of b.members)
    members.set(element, unionOf(members.get(element) ?? NO_FIELDS, member))
  return { owned: a.owned || b.owned, members }
}

export function differenceOf(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && !inB)
}

export function intersectionOf(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && inB)
}

function combine(
  a: FieldSet,
  b: FieldSet,
  keeps: (inA: boolean, inB: boolean) => boolean,
): FieldSet {
  const members = new Map<string, FieldSet>()
  for (const [element, member] of a.members) {
    const kept = combine(member, b.members.get(element) ?? NO_FIELDS, keeps)
    if (!isEmptySet(kept)) members.set(element, kept)
  }
  return { owned: keeps(a.owned, b.owned), members }
}

/** The places in the set as people write them: `.spec.rules`, `.spec.ports[port=80].name`, `.metadata.labels.app`. */
export function printFields(set: FieldSet, above = ''): readonly string[] {
  const here = set.owned && set.members.size === 0 ? [above] : []
  return [
    ...here,
    ...[...set.members].flatMap(([element, member]) =>
      printFields(member, above + printElement(element)),
    ),
  ]
}

function printElement(element: string): string {
  const text = element.slice(2)
  if (element.startsWith('f:')) return /^[A-Za-z0-9_-]+$/.test(text) ? `.${text}` : `["${text}"]`
  if (element.startsWith('v:')) return `[=${text}]`
  return `[${text.slice(1, -1).replaceAll('"', '').replaceAll(':', '=')}]`
}
