/**
 * What may leave through the log: errors as data, and nothing that opens a door.
 *
 * Secrets are not logged in the first place; this is the second line of defence, for the field that somebody adds in a hurry.
 */
import type { LogFields } from '../model/logger.ts'

const REDACTED = '[redacted]'
const SECRET_KEY =
  /pass(?:word|phrase|wd)|secret|token|credential|authorization|cookie|(?:private|signing|api|access)[-_]?key|keypem/i
const MAX_DEPTH = 6

/** Names that the line itself uses. */
const RESERVED = new Set(['time', 'level', 'msg'])

/** Plain data that JSON can hold; a cycle ends where it gets too deep. */
export function safeFields(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [RESERVED.has(key) ? `${key}_` : key, safeEntry(key, value, 0)]),
  )
}

function safeEntry(key: string, value: unknown, depth: number): unknown {
  // The name of a Secret object is no secret; its content would be.
  const names = typeof value === 'number' || typeof value === 'boolean' || value === null
  return SECRET_KEY.test(key) && !names ? REDACTED : safeValue(value, depth)
}

function safeValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return safeText(value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'object':
      return value === null ? null : safeObject(value, depth)
    case 'boolean':
    case 'undefined':
      return value
    case 'function':
      return '[function]'
    case 'bigint':
    case 'symbol':
      return String(value)
  }
}

function safeObject(value: object, depth: number): unknown {
  if (depth >= MAX_DEPTH) return '[deeper]'
  if (value instanceof Error) return safeError(value, depth)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Map) return safeObject(Object.fromEntries(value), depth)
  if (value instanceof Set) return safeObject([...value], depth)
  if (Array.isArray(value)) return value.map((item) => safeValue(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, safeEntry(key, item, depth + 1)]),
  )
}

/** An error with a code is one that was foreseen, so only a bug carries its stack. */
function safeError(error: Error, depth: number): unknown {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    ...(code !== undefined && { code }),
    message: safeText(error.message),
    ...(error.cause !== undefined && { cause: safeValue(error.cause, depth + 1) }),
    ...(code === undefined && error.stack !== undefined && { stack: safeText(error.stack) }),
  }
}

function safeText(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, `$1${REDACTED}@`)
    .replaceAll(
      /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
      REDACTED,
    )
    .replaceAll(/\b(bearer|basic)\s+[\w+/=.~-]{8,}/gi, `$1 ${REDACTED}`)
}
