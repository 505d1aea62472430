/** Keeps what was logged, for tests that ask whether and what somebody was told. */
import type { LogFields, Logger } from '../../src/model/logger.ts'

export class RecordingLogger implements Logger {
  readonly lines: { level: keyof Logger; sentence: string; fields: LogFields }[] = []

  debug = (sentence: string, fields?: LogFields): void => this.#keep('debug', sentence, fields)
  info = (sentence: string, fields?: LogFields): void => this.#keep('info', sentence, fields)
  warn = (sentence: string, fields?: LogFields): void => this.#keep('warn', sentence, fields)
  error = (sentence: string, fields?: LogFields): void => this.#keep('error', sentence, fields)

  #keep(level: keyof Logger, sentence: string, fields: LogFields = {}): void {
    this.lines.push({ level, sentence, fields })
  }
}
