/** Which MeshRepositories wait for themselves, by way of others. Pure. */
import type { RepositorySpec } from './repository-spec.ts'

type Node = Pick<RepositorySpec, 'name' | 'dependsOn'>

/**
 * By name of those that are refused (`DependencyCycle`): the shortest cycle through each. One that only depends on such a
 * repository waits for it, and is not refused; nor is one that depends on a repository that does not exist.
 */
export function dependencyCycles(specs: readonly Node[]): ReadonlyMap<string, string> {
  const edges = new Map(specs.map(({ name, dependsOn }) => [name, dependsOn]))
  return new Map(
    specs.flatMap(({ name }) => {
      const cycle = cycleThrough(name, edges)
      if (cycle === undefined) return []
      const error = `spec.dependsOn closes the cycle ${cycle.join(' → ')}; take one of these dependencies out`
      return [[name, error] as const]
    }),
  )
}

/** Breadth first, so that the shortest is found. */
function cycleThrough(
  start: string,
  edges: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const seen = new Set<string>()
  let paths: readonly (readonly string[])[] = [[start]]
  while (paths.length > 0) {
    const longer = paths.flatMap((path) =>
      (edges.get(path.at(-1) ?? '') ?? []).map((next) => [...path, next]),
    )
    const cycle = longer.find((path) => path.at(-1) === start)
    if (cycle !== undefined) return cycle
    paths = longer.filter((path) => {
      const next = path.at(-1) ?? ''
      if (seen.has(next)) return false
      seen.add(next)
      return true
    })
  }
  return undefined
}
