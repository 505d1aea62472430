/** A logger whose every line carries the same fields besides its own. */
import type { Logger } from './logger.ts'

export function loggerWith(log: Logger, fields: Readonly<Record<string, unknown>>): Logger {
  return {
    debug: (sentence, more) => log.debug(sentence, { ...fields, ...more }),
    info: (sentence, more) => log.info(sentence, { ...fields, ...more }),
    warn: (sentence, more) => log.warn(sentence, { ...fields, ...more }),
    error: (sentence, more) => log.error(sentence, { ...fields, ...more }),
  }
}
