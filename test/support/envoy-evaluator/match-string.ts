/** envoy.type.matcher.v3.StringMatcher, with RE2 for patterns. */
import { RE2JS } from 're2js'
import type { StringMatcher } from '../../../src/generated/envoy/type/matcher/v3/string_pb.js'
import { Unsupported } from './unsupported.ts'

const compiled = new Map<string, RE2JS>()

/** RE2::FullMatch. */
export function fullMatch(pattern: string, value: string): boolean {
  const known = compiled.get(pattern) ?? RE2JS.compile(pattern)
  compiled.set(pattern, known)
  return known.matches(value)
}

export function matchString(matcher: StringMatcher | undefined, value: string): boolean {
  if (matcher === undefined) throw new Unsupported('a string matcher that is not set')
  const { matchPattern, ignoreCase } = matcher
  const subject = ignoreCase ? value.toLowerCase() : value
  const lower = (text: string): string => (ignoreCase ? text.toLowerCase() : text)
  switch (matchPattern.case) {
    case 'exact':
      return subject === lower(matchPattern.value)
    case 'prefix':
      return subject.startsWith(lower(matchPattern.value))
    case 'suffix':
      return subject.endsWith(lower(matchPattern.value))
    case 'contains':
      return subject.includes(lower(matchPattern.value))
    case 'safeRegex':
      return fullMatch(matchPattern.value.regex, value)
    case 'custom':
    case undefined:
      throw new Unsupported(`the string match ${matchPattern.case}`)
  }
}
