/** What parsing left out: the paths that are in a document and not in what was read from it. */
export function droppedPaths(written: unknown, read: unknown, path = ''): readonly string[] {
  if (Array.isArray(written))
    return written.flatMap((member: unknown, index) =>
      droppedPaths(member, Array.isArray(read) ? read[index] : undefined, `${path}[${index}]`),
    )
  if (typeof written !== 'object' || written === null) return []
  const known = new Map(Object.entries(typeof read === 'object' && read !== null ? read : {}))
  return Object.entries(written).flatMap(([key, member]) => {
    const at = path === '' ? key : `${path}.${key}`
    return known.has(key) ? droppedPaths(member, known.get(key), at) : [at]
  })
}
