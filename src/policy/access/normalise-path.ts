/**
 * The path as rules see it: without its query, and normalised as sidecars do it on the way in (normalize_path, merge_slashes, and
 * path_with_escaped_slashes_action REJECT_REQUEST of Envoy 1.40; test/real/normalise-path.test.ts asks one).
 */

/** Escapes that are read as the plain characters they stand for (RFC 3986 2.3, unreserved): hexadecimal digits, any case. */
export const UNRESERVED_ESCAPES =
  '2[dDeE]|5[fF]|7[eE]|3[0-9]|4[1-9a-fA-F]|5[0-9aA]|6[1-9a-fA-F]|7[0-9aA]'
/** Escapes with which a request is answered 400. */
export const REFUSED_ESCAPES = '2[fF]|5[cC]|00'

const ESCAPED_SLASH = /%(?:2[fF]|5[cC])/
const UNRESERVED = new RegExp(`%(${UNRESERVED_ESCAPES})`, 'g')
/** Characters that are escaped. */
const UNSAFE = /["<>^`{|}]/g
const STRAY_PERCENT = /%(?![0-9a-fA-F]{2})/g
/** Stands for a percent sign that began no escape, while others are read: visible characters are all taken. */
const MARK = '\0'
/** One that came to stand before two digits only then. */
const FALSE_ESCAPE = /\0(?=[0-9a-fA-F]{2})/g
const DOT_SEGMENT = /^(?:\.|%2[eE]){1,2}$/
/** What follows `/..;` counts for nothing, up to the next slash; a backslash is none here, and the dots are not escaped. */
const DOT_PARAMETERS = /(\/\.\.?);[^/]*/g

/** `undefined` when the sidecar answers 400 and asks no rule. */
export function normalisePath(path: string): string | undefined {
  if (!/^\/[!-~]*$/.test(path) || path.includes('#')) return undefined
  const [bare = ''] = path.split('?', 1)
  if (ESCAPED_SLASH.test(bare)) return undefined
  const plain = bare.replaceAll(DOT_PARAMETERS, '$1').replaceAll('\\', '/')
  return plain.includes('%00') ? undefined : mergeSlashes(resolveDots(plain))
}

function resolveDots(path: string): string {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    const read = canonical(segment)
    const isDots = DOT_SEGMENT.test(segment)
    if (isDots && read === '..') kept.pop()
    if (!isDots) kept.push(read)
    else if (index === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}

function canonical(segment: string): string {
  return segment
    .replaceAll(STRAY_PERCENT, MARK)
    .replaceAll(UNRESERVED, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(FALSE_ESCAPE, '%25')
    .replaceAll(MARK, '%')
    .replaceAll(UNSAFE, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Of nothing but slashes, two are left: Envoy keeps the first and the last. */
function mergeSlashes(path: string): string {
  if (!path.includes('//')) return path
  return /^\/+$/.test(path) ? '//' : path.replaceAll(/\/{2,}/g, '/')
}
