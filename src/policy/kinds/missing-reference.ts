/** What to say about a name that does not resolve (D6). */
export function missingReference(
  kind: string,
  wanted: { readonly namespace: string; readonly name: string },
  nearestOf: () => string | undefined,
): { readonly message: string; readonly fix: string } {
  const nearest = nearestOf()
  return {
    message: `there is no ${kind} ${wanted.name} in the namespace ${wanted.namespace} of this commit`,
    fix: nearest === undefined ? 'add it, or name one that is there' : `write ${nearest}`,
  }
}
