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
  const merged = manager.mergeSlashes ? canonical.replaceAll(/\/{2,}/g, '/') : canonical
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

/** RFC 3986 5.2.4 as googleurl does it: escaped unreserved characters and backslashes are read first. */
function canonicalPath(path: string): string | undefined {
  if (!path.startsWith('/')) return undefined
  const plain = path
    .replaceAll('\\', '/')
    .replaceAll(/%(2d|2e|5f|7e|3\d|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  const kept: string[] = []
  const segments = plain.split('/').slice(1)
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1
    if (segment === '..') kept.pop()
    if (segment === '.' || segment === '..') {
      if (isLast) kept.push('')
      return
    }
    kept.push(segment)
  })
  return `/${kept.join('/')}`
}
