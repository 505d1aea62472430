/** What the HTTP connection manager does to a path before anything matches it. */
import {
  HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes,
  type HttpConnectionManager,
} from '../../../src/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js'
import { Unsupported } from './unsupported.ts'

/** `undefined` when the request is answered 400. */
export function normalisePath(manager: HttpConnectionManager, path: string): string | undefined {
  const [, bare = '', query = ''] = /^([^?#]*)(.*)$/s.exec(path) ?? []
  const slashed = escapedSlashes(manager, bare)
  if (slashed === undefined) return undefined
  const canonical = manager.normalizePath === true ? canonicalPath(slashed) : slashed
  if (canonical === undefined) return undefined
  const merged = manager.mergeSlashes ? mergeSlashes(canonical) : canonical
  return merged + query
}

function escapedSlashes(manager: HttpConnectionManager, path: string): string | undefined {
  if (!/%2f|%5c/i.test(path)) return path
  switch (manager.pathWithEscapedSlashesAction) {
    case EscapedSlashes.IMPLEMENTATION_SPECIFIC_DEFAULT:
    case EscapedSlashes.KEEP_UNCHANGED:
      return path
    case EscapedSlashes.REJECT_REQUEST:
      return undefined
    case EscapedSlashes.UNESCAPE_AND_FORWARD:
    case EscapedSlashes.UNESCAPE_AND_REDIRECT:
      throw new Unsupported('unescaping slashes')
  }
}

/** RFC 3986 5.2.4 as googleurl does it: backslashes are slashes, dots count when escaped, what follows `..;` does not count. */
function canonicalPath(path: string): string | undefined {
  const known = path.replaceAll(/(?<=\/\.\.?);[^/]*/g, '')
  if (!path.startsWith('/') || known.includes('%00')) return undefined
  const kept: string[] = []
  const segments = known.split(/[/\\]/).slice(1)
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1
    const isDots = /^(?:\.|%2e){1,2}$/i.test(segment)
    const dots = isDots ? segment.replaceAll(/%2e/gi, '.') : undefined
    if (dots === '..') kept.pop()
    if (dots === undefined) kept.push(readEscapes(segment))
    else if (isLast) kept.push('')
  })
  return `/${kept.join('/')}`
}

/** Unreserved characters are read, unsafe ones escaped; a stray % that would begin an escape only now is escaped. */
function readEscapes(segment: string): string {
  let read = ''
  const strays: number[] = []
  for (let at = 0; at < segment.length; at++) {
    const [whole, hex = ''] = /^%([0-9a-f]{2})/i.exec(segment.slice(at)) ?? []
    const char = segment.charAt(at)
    if (whole !== undefined) {
      const plain = String.fromCharCode(Number.parseInt(hex, 16))
      read += /[\w.~-]/.test(plain) ? plain : whole
      at += 2
      continue
    }
    if (char === '%') strays.push(read.length)
    read += /["<>^`{|}]/.test(char) ? encodeURIComponent(char) : char
  }
  const isEscape = (at: number) => /^%[0-9a-f]{2}/i.test(read.slice(at))
  return [...read].map((char, at) => (strays.includes(at) && isEscape(at) ? '%25' : char)).join('')
}

/** Empty segments go, and a slash at either end stays: two are left of a path that has nothing else. */
function mergeSlashes(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '')
  return path.includes('//') ? `/${segments.join('/')}${path.endsWith('/') ? '/' : ''}` : path
}
