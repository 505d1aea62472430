/** The logger port: a constant sentence plus fields. Secrets never travel through it. */
export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(sentence: string, fields?: LogFields): void
  info(sentence: string, fields?: LogFields): void
  warn(sentence: string, fields?: LogFields): void
  error(sentence: string, fields?: LogFields): void
}
