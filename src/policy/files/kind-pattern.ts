/** Patterns over kinds and namespaces in the repository's settings: `apps/*`, `Service`, `*.istio.io/*`, `team-*`. */

export interface KindPattern {
  /** `*` for any group; empty for the core group. */
  readonly group: string
  readonly kind: string
}

/** `Service` is that kind in any group; `apps/*` every kind of a group; `core/Secret` one of the core group. */
export function parseKindPattern(text: string): KindPattern | undefined {
  const match = /^(?:([a-z0-9.*-]+)\/)?([A-Za-z0-9*]+)$/.exec(text)
  const [, group = '*', kind] = match ?? []
  if (kind === undefined || hasManyStars(group) || hasManyStars(kind)) return undefined
  return { group: group === 'core' ? '' : group, kind }
}

/** Two stars at most: `*mesh*`. More never names anything that is not better listed. */
export function hasManyStars(pattern: string): boolean {
  return pattern.split('*').length > 3
}

export function matchesKind(
  pattern: KindPattern,
  kind: { readonly group: string; readonly kind: string },
): boolean {
  return matchesGlob(pattern.group, kind.group) && matchesGlob(pattern.kind, kind.kind)
}

/** `*` stands for any characters, also none; case matters. The pattern has two stars at most. */
export function matchesGlob(pattern: string, text: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return text === pattern
  if (text.length < head.length + tail.length) return false
  if (!text.startsWith(head) || !text.endsWith(tail)) return false
  return text.slice(head.length, text.length - tail.length).includes(rest[0] ?? '')
}
