/** Compiles matches of HTTPRouteGroups to sets of requests, each distinct pattern once. */
import type { HttpMatch } from '../intent/http-match.ts'
import { Language } from './language/language.ts'
import { toMethodSet } from './method-set.ts'
import type { HeaderRange } from './request-box.ts'
import { RequestSet } from './request-set.ts'
import { HEADER_VALUES, REQUEST_PATHS } from './universe.ts'

/** Lives as long as its owner wants patterns to stay compiled; holds one automaton a distinct pattern. */
export class MatchCompiler {
  readonly #paths = new Map<string, Language>()
  readonly #values = new Map<string, Language>()

  /** The requests that the match matches (D12, D18): all of method, path and every header, in full. */
  compile(match: Pick<HttpMatch, 'methods' | 'pathRegex' | 'headers'>): RequestSet {
    const headers = new Map<string, HeaderRange>()
    for (const { name, valueRegex } of match.headers) {
      const values = within(this.#values, HEADER_VALUES, valueRegex)
      const known = headers.get(name)?.values
      headers.set(name, { absent: false, values: known?.intersect(values) ?? values })
    }
    const path = within(this.#paths, REQUEST_PATHS, match.pathRegex)
    return RequestSet.of([{ methods: toMethodSet(match.methods), path, headers }])
  }
}

function within(cache: Map<string, Language>, universe: Language, pattern: string): Language {
  const known = cache.get(pattern)
  if (known !== undefined) return known
  const language = universe.intersect(Language.ofPattern(pattern))
  cache.set(pattern, language)
  return language
}
