/** One log line for a person: time, the sentence, then what it is about. */
import type { Colors } from 'picocolors/types.js'
import type { Instant } from '../model/clock.ts'
import type { LogFields, Logger } from '../model/logger.ts'

export type LogLevel = keyof Logger

export interface LogEntry {
  readonly at: Instant
  readonly level: LogLevel
  readonly sentence: string
  /** Plain data, safe to print. */
  readonly fields: LogFields
}

/** Local time of day; the level only where it is not info; ends with a line feed. Control characters are escaped. */
export function logLine({ at, level, sentence, fields }: LogEntry, colors: Colors): string {
  const stacks: string[] = []
  const pairs = Object.entries(fields).map(
    ([key, value]) => `${colors.dim(`${printable(key)}=`)}${valueText(value, stacks)}`,
  )
  const head = [colors.dim(timeOfDay(at)), ...levelText(level, colors), printable(sentence)]
  return `${[...head, ...pairs].join(' ')}\n${stacks.map((stack) => colors.dim(stack)).join('')}`
}

function timeOfDay(at: Instant): string {
  const date = new Date(at)
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

function levelText(level: LogLevel, colors: Colors): readonly string[] {
  switch (level) {
    case 'info':
      return []
    case 'debug':
      return [colors.dim('debug')]
    case 'warn':
      return [colors.yellow('warn')]
    case 'error':
      return [colors.red('error')]
  }
}

/** The stack of a bug does not fit on the line: it follows, indented. */
function valueText(value: unknown, stacks: string[]): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? printable(value) : quoted(value)
  if (!isRecord(value)) return printable(JSON.stringify(value) ?? String(value))
  const { stack, ...rest } = value
  if (typeof stack === 'string')
    stacks.push(
      stack
        .split('\n')
        .map((line) => `    ${printable(line)}\n`)
        .join(''),
    )
  const [message, ...others] = [rest['message'], ...Object.keys(rest).filter(isBeside)]
  if (typeof message === 'string' && others.length === 0) return quoted(message)
  return printable(JSON.stringify(rest))
}

/** What an error says beside its message; its code is in the sentence already. */
function isBeside(key: string): boolean {
  return key !== 'message' && key !== 'code' && key !== 'cause'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function quoted(text: string): string {
  return printable(JSON.stringify(text))
}

/** A log line is one line, and no text of others steers the terminal: C0, DEL, C1, separators, direction overrides. */
function printable(text: string): string {
  return text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
