/** A logger that remembers what it was told. */
import type { LogFields, Logger } from '../../src/model/logger.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly sentence: string
  readonly fields: LogFields
}

export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = []

  debug(sentence: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'debug', sentence, fields })
  }

  info(sentence: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'info', sentence, fields })
  }

  warn(sentence: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', sentence, fields })
  }

  error(sentence: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', sentence, fields })
  }

  /** The sentences, with their level where it is not info. */
  get sentences(): readonly string[] {
    return this.lines.map(({ level, sentence }) =>
      level === 'info' ? sentence : `${level}: ${sentence}`,
    )
  }
}
