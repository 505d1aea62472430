/**
 * Which strings can occur in a request at all. Differences are taken inside these, so that a witness is always a request
 * somebody could send.
 */
import { Language } from './language/language.ts'

/** A character of a path segment: visible ASCII but for `/` and for what ends or bends a path (`?`, `#`, `\`). */
const CHAR = '[!"$-.0->@-\\[\\]-~]'
/** The same without the dot. */
const NO_DOT = '[!"$-\\-0->@-\\[\\]-~]'
/** Neither `.` nor `..`: one that is no dot, or three characters and more, whatever they are. */
const SEGMENT = `(?:${CHAR}{0,1}${NO_DOT}${CHAR}{0,1}|${CHAR}{3,}|${NO_DOT}${CHAR}*)`

/**
 * Paths as RBAC sees them: without a query, and normalised (Envoy's normalize_path and merge_slashes): they begin with `/`,
 * and hold no empty segment and no dot segment.
 */
export const REQUEST_PATHS = Language.ofPattern(`/(?:${SEGMENT}/)*(?:${SEGMENT})?`)

/** Field values (RFC 9110 5.5) as far as ASCII goes: visible characters, with spaces and tabs inside. */
export const HEADER_VALUES = Language.ofPattern('(?:[!-~](?:[ \\t!-~]*[!-~])?)?')
