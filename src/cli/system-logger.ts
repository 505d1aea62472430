/** The logger: JSON lines for machines, short lines for people. */

import { createColors } from 'picocolors'
import { type DestinationStream, pino } from 'pino'
import type { Clock } from '../model/clock.ts'
import type { LogFields, Logger } from '../model/logger.ts'
import { type LogLevel, logLine } from './log-line.ts'
import { safeFields } from './safe-fields.ts'
import { SystemClock } from './system-clock.ts'
import { wantsColour } from './wants-colour.ts'

export interface LoggerOptions {
  readonly format: 'text' | 'json'
  /** The least that is written. */
  readonly level: LogLevel
  readonly stream: DestinationStream & { readonly isTTY?: boolean }
  /** The machine's when absent. */
  readonly clock?: Clock
}

export function createLogger(options: LoggerOptions): Logger {
  return options.format === 'json' ? jsonLogger(options) : textLogger(options)
}

function jsonLogger({ level, stream, clock = new SystemClock() }: LoggerOptions): Logger {
  const out = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  return toLogger((lineLevel, sentence, fields) => out[lineLevel](safeFields(fields), sentence))
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]

function textLogger({ level, stream, clock = new SystemClock() }: LoggerOptions): Logger {
  const colors = createColors(wantsColour(stream))
  const least = LEVELS.indexOf(level)
  return toLogger((lineLevel, sentence, fields) => {
    if (LEVELS.indexOf(lineLevel) < least) return
    const entry = { at: clock.now(), level: lineLevel, sentence, fields: safeFields(fields) }
    stream.write(logLine(entry, colors))
  })
}

type Write = (level: LogLevel, sentence: string, fields: LogFields) => void

function toLogger(write: Write): Logger {
  return {
    debug: (sentence, fields = {}) => write('debug', sentence, fields),
    info: (sentence, fields = {}) => write('info', sentence, fields),
    warn: (sentence, fields = {}) => write('warn', sentence, fields),
    error: (sentence, fields = {}) => write('error', sentence, fields),
  }
}
