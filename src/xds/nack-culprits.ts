/** Finds which resources of a rejected response its error speaks of. */
import type { EnvoyResource } from '../render/envoy/envoy-resource.ts'

/** Characters that go on a name rather than end it. A full stop ends a sentence as often as it goes on a name. */
const GOES_ON = /[A-Za-z0-9_/|-]/

/**
 * Those of `told` whose name stands in the message as a whole word. Envoy writes `Error adding/updating
 * listener(s) NAME: REASON`, gRPC a list of `NAME: REASON`; neither promises it, so none may be found.
 */
export function culpritsOf(
  errorDetail: string,
  told: readonly EnvoyResource[],
): readonly EnvoyResource[] {
  return told.filter((resource) => isNamed(errorDetail, resource.name))
}

function isNamed(text: string, name: string): boolean {
  if (name === '') return false
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1))
    if (isEdge(text, at - 1, -1) && isEdge(text, at + name.length, 1)) return true
  return false
}

/** Whether the character at `at` ends the name; a full stop does where no name character follows it. */
function isEdge(text: string, at: number, direction: 1 | -1): boolean {
  const character = text[at]
  if (character === undefined) return true
  if (character === '.') return !GOES_ON.test(text[at + direction] ?? ' ')
  return !GOES_ON.test(character)
}
