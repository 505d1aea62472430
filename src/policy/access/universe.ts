/**
 * Which strings can occur in a request at all. Differences are taken inside these, so that a witness is always a request
 * somebody could send.
 */
import { Language } from './language/language.ts'
import { REFUSED_ESCAPES, UNRESERVED_ESCAPES } from './normalise-path.ts'

/** A character that normalisation leaves in a segment: visible ASCII but for `/`, what ends a path, and what is escaped. */
const CHAR = '[!$-.0-;=@-\\[\\]_a-z~]'

/** An escape that normalisation would have read or refused, and a dot segment. */
const NEVER = `.*%(?:${UNRESERVED_ESCAPES}|${REFUSED_ESCAPES}).*|.*/\\.\\.?(?:/.*)?`

/**
 * Paths as rules see them: what `normalisePath` can yield. They begin with `/` and hold no empty segment and no dot segment; a
 * path of nothing but slashes is `//`.
 */
export const REQUEST_PATHS = Language.ofPattern(`/(?:${CHAR}+/)*${CHAR}*|//`).minus(
  Language.ofPattern(NEVER),
)

/** Field values (RFC 9110 5.5) as far as ASCII goes: visible characters, with spaces and tabs inside. */
export const HEADER_VALUES = Language.ofPattern('(?:[!-~](?:[ \\t!-~]*[!-~])?)?')

/** Hosts, with or without a port (RFC 3986 3.2.2, as far as names of services go). Every request has one. */
export const AUTHORITIES = Language.ofPattern(
  '[a-zA-Z0-9](?:[-.a-zA-Z0-9]*[a-zA-Z0-9])?(?::[0-9]{1,5})?',
)
