/** Compiles matches of HTTPRouteGroups to sets of requests, each distinct pattern once. */
import type { HttpMatch } from '../intent/http-match.ts'
import { MAX_DFA_STATES } from './language/dfa.ts'
import { Language } from './language/language.ts'
import { matchesPattern } from './language/matches-pattern.ts'
import { AutomatonTooLargeError } from './language/nfa.ts'
import { hasMethod, toMethodSet } from './method-set.ts'
import type { HeaderRange } from './request-box.ts'
import { type HttpRequest, RequestSet } from './request-set.ts'
import { AUTHORITIES, HEADER_VALUES, REQUEST_PATHS } from './universe.ts'

export type CompiledMatch = Pick<HttpMatch, 'methods' | 'pathRegex' | 'headers'>

const UNIVERSES = { path: REQUEST_PATHS, ':authority': AUTHORITIES, header: HEADER_VALUES } as const

/** A pattern whose automaton has more states than we build. */
const TOO_LARGE = 'too large'

/** Lives from commit to commit, and keeps what it has compiled and compared. */
export class MatchCompiler {
  readonly #patterns = new Map<string, Language | typeof TOO_LARGE>()
  /** Patterns among the strings that can occur, by universe and pattern. */
  readonly #possible = new Map<string, Language>()
  readonly #sets = new Map<string, RequestSet>()
  readonly #containments = new Map<string, boolean>()
  /** By the match itself: the matches of an unchanged document are the same objects in the next commit. */
  readonly #matchable = new WeakMap<CompiledMatch, boolean>()

  /**
   * The requests that the match matches (D12, D18): all of method, path and every header, in full. Throws
   * AutomatonTooLargeError for a pattern whose automaton nobody would want to compare; `matches` answers for those too.
   */
  compile(match: CompiledMatch): RequestSet {
    const key = JSON.stringify([
      match.methods,
      match.pathRegex,
      match.headers.map(({ name, valueRegex }) => [name, valueRegex]),
    ])
    const known = this.#sets.get(key)
    if (known !== undefined) return known
    const set = RequestSet.of([
      {
        methods: toMethodSet(match.methods),
        path: this.#within('path', match.pathRegex),
        headers: this.#headerRanges(match),
      },
    ])
    keep(this.#sets, key, set)
    return set
  }

  /** Whether the match matches the request, whose path is normalised. Never throws for a pattern that RE2 accepts. */
  matches({ methods, pathRegex, headers }: CompiledMatch, request: HttpRequest): boolean {
    return (
      hasMethod(toMethodSet(methods), request.method) &&
      this.#has(pathRegex, request.path) &&
      headers.every(({ name, valueRegex }) => {
        const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined
        return value !== undefined && this.#has(valueRegex, value)
      })
    )
  }

  /** Whether any request matches. Also where the patterns are too large to say: a hint is not worth a guess. */
  canMatch(match: CompiledMatch): boolean {
    const known = this.#matchable.get(match)
    if (known !== undefined) return known
    const can = this.#unlessTooLarge(true, () => !this.compile(match).isEmpty)
    this.#matchable.set(match, can)
    return can
  }

  /** Whether `wide` matches every request that `narrow` matches; `false` where the patterns are too large to say. */
  covers(wide: CompiledMatch, narrow: CompiledMatch): boolean {
    const methods = toMethodSet(narrow.methods)
    return (
      (toMethodSet(wide.methods) & methods) === methods &&
      this.#contains('path', wide.pathRegex, narrow.pathRegex) &&
      wide.headers.every(({ name, valueRegex }) => {
        const own = narrow.headers.find((header) => header.name === name)
        const universe = name === ':authority' ? name : 'header'
        return own !== undefined && this.#contains(universe, valueRegex, own.valueRegex)
      })
    )
  }

  #contains(universe: keyof typeof UNIVERSES, wide: string, narrow: string): boolean {
    if (wide === '.*' || wide === narrow) return true
    const key = `${universe} ${wide.length} ${wide} ${narrow}`
    const known = this.#containments.get(key)
    if (known !== undefined) return known
    const contains = this.#unlessTooLarge(false, () =>
      this.#within(universe, wide).contains(this.#within(universe, narrow)),
    )
    keep(this.#containments, key, contains)
    return contains
  }

  #unlessTooLarge<T>(otherwise: T, answer: () => T): T {
    try {
      return answer()
    } catch (error) {
      if (error instanceof AutomatonTooLargeError) return otherwise
      throw error
    }
  }

  #has(pattern: string, text: string): boolean {
    const language = this.#language(pattern)
    return language === TOO_LARGE ? matchesPattern(pattern, text) : language.has(text)
  }

  #language(pattern: string): Language | typeof TOO_LARGE {
    const known = this.#patterns.get(pattern)
    if (known !== undefined) return known
    const language = languageOrTooLarge(pattern)
    keep(this.#patterns, pattern, language)
    return language
  }

  #headerRanges(match: CompiledMatch): ReadonlyMap<string, HeaderRange> {
    const headers = new Map<string, HeaderRange>()
    for (const { name, valueRegex } of match.headers) {
      const values = this.#within(name === ':authority' ? name : 'header', valueRegex)
      const known = headers.get(name)?.values
      headers.set(name, { absent: false, values: known?.intersect(values) ?? values })
    }
    return headers
  }

  #within(universe: keyof typeof UNIVERSES, pattern: string): Language {
    const key = `${universe} ${pattern}`
    const known = this.#possible.get(key)
    if (known !== undefined) return known
    const language = this.#language(pattern)
    if (language === TOO_LARGE) throw new AutomatonTooLargeError(MAX_DFA_STATES)
    const possible = UNIVERSES[universe].intersect(language)
    keep(this.#possible, key, possible)
    return possible
  }
}

/** More than one commit has: a control plane that runs for years must not keep the patterns of all commits. */
const MAX_KEPT = 50_000

function keep<T>(cache: Map<string, T>, key: string, value: T): void {
  if (cache.size >= MAX_KEPT) cache.clear()
  cache.set(key, value)
}

function languageOrTooLarge(pattern: string): Language | typeof TOO_LARGE {
  try {
    return Language.ofPattern(pattern)
  } catch (error) {
    if (error instanceof AutomatonTooLargeError) return TOO_LARGE
    throw error
  }
}
