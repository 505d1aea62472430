/** What people and machines get to read of a log line, and what nobody does. */
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../src/cli/system-logger.ts'
import type { LogFields, Logger } from '../../src/model/logger.ts'
import { GitSourceError } from '../../src/reconciler/git-source.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** Local time, whatever the machine's zone. */
const START = new Date(2026, 0, 2, 3, 4, 5).getTime()
const ESCAPE = '\u001b'

function written(
  format: 'text' | 'json',
  log: (logger: Logger) => void,
  options: { level?: keyof Logger; isTTY?: boolean } = {},
): string {
  const { level = 'debug', isTTY = false } = options
  let text = ''
  const stream = {
    isTTY,
    write: (line: string) => {
      text += line
    },
  }
  log(createLogger({ format, level, stream, clock: new FakeClock(START) }))
  return text
}

const asText = (sentence: string, fields?: LogFields): string =>
  written('text', (logger) => logger.info(sentence, fields))

const asJson = (fields: LogFields): unknown => {
  const { time, level, msg, ...rest } = JSON.parse(
    written('json', (logger) => logger.info('sentence', fields)),
  )
  expect({ time, level, msg }).toEqual({
    time: new Date(START).toISOString(),
    level: 'info',
    msg: 'sentence',
  })
  return rest
}

describe('for people', () => {
  it('gives time, sentence and fields on one line', () => {
    expect(asText('plan ready', { commit: 'abc', create: 2, dry: true, by: null })).toBe(
      '03:04:05 plan ready commit=abc create=2 dry=true by=null\n',
    )
  })

  it('names the level where it is not info', () => {
    const text = written('text', (logger) => {
      logger.debug('a')
      logger.info('b')
      logger.warn('c')
      logger.error('d')
    })
    expect(text).toBe('03:04:05 debug a\n03:04:05 b\n03:04:05 warn c\n03:04:05 error d\n')
  })

  it('quotes what has spaces, and shows lists and records as JSON', () => {
    const fields = { reason: 'a "b"', empty: '', sum: 'a=b', list: ['x', 'y'], step: { add: 1 } }
    expect(asText('s', fields)).toBe(
      '03:04:05 s reason="a \\"b\\"" empty="" sum="a=b" list=["x","y"] step={"add":1}\n',
    )
  })

  it('leaves out fields without a value', () => {
    expect(asText('s', { commit: undefined })).toBe('03:04:05 s\n')
  })

  it('gives the sentence of an error that was foreseen', () => {
    const error = new GitSourceError('TimedOut', 'git took long', { cause: new Error('deeper') })
    expect(asText('s', { error })).toBe('03:04:05 s error="git took long"\n')
  })

  it('gives the stack of a bug below the line', () => {
    const error = new TypeError('x is not a function')
    error.stack = 'TypeError: x is not a function\n    at pass (loop.ts:1:1)'
    expect(asText('s', { error })).toBe(
      '03:04:05 s error="x is not a function"\n    TypeError: x is not a function\n        at pass (loop.ts:1:1)\n',
    )
  })

  it('lets no value forge a line or steer the terminal', () => {
    const evil = `a\n03:04:05 error forged${ESCAPE}[2J\u009b1m\u202e`
    const line = asText(evil, { evil, [evil]: 'x', list: [evil] })
    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(line).toContain('a\\u000a03:04:05 error forged\\u001b[2J\\u009b1m\\u202e')
  })

  it('is coloured on a terminal only', () => {
    const warn = (logger: Logger): void => logger.warn('careful')
    const before = process.env['NO_COLOR']
    try {
      delete process.env['NO_COLOR']
      expect(written('text', warn, { isTTY: true })).toContain(`${ESCAPE}[33mwarn${ESCAPE}[39m`)
      expect(written('text', warn, { isTTY: false })).not.toContain(ESCAPE)
      process.env['NO_COLOR'] = '1'
      expect(written('text', warn, { isTTY: true })).not.toContain(ESCAPE)
    } finally {
      if (before === undefined) delete process.env['NO_COLOR']
      else process.env['NO_COLOR'] = before
    }
  })
})

describe('for machines', () => {
  it('gives one JSON object a line, with the level by name and the time in UTC', () => {
    const text = written('json', (logger) => {
      logger.warn('careful', { commit: 'abc' })
      logger.error('worse')
    })
    const time = new Date(START).toISOString()
    expect(text.split('\n').map((line) => line && JSON.parse(line))).toEqual([
      { level: 'warn', time, commit: 'abc', msg: 'careful' },
      { level: 'error', time, msg: 'worse' },
      '',
    ])
  })

  it('gives errors with code and cause, and the stack of bugs', () => {
    const bug = new TypeError('bug')
    bug.stack = 'at pass'
    const foreseen = new GitSourceError('TimedOut', 'git took long', { cause: bug })
    expect(asJson({ error: foreseen })).toEqual({
      error: {
        code: 'TimedOut',
        message: 'git took long',
        cause: { message: 'bug', stack: 'at pass' },
      },
    })
  })

  it('keeps fields apart from the names of the line', () => {
    expect(asJson({ level: 'high', time: 1, msg: 'x' })).toEqual({
      level_: 'high',
      time_: 1,
      msg_: 'x',
    })
  })

  it('survives what JSON cannot hold', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    const fields = {
      cycle,
      big: 12n,
      none: Number.NaN,
      map: new Map([['a', 1]]),
      set: new Set(['b']),
      bytes: new Uint8Array(3),
      call: () => 1,
    }
    expect(asJson(fields)).toEqual({
      cycle: { self: { self: { self: { self: { self: { self: '[deeper]' } } } } } },
      big: '12',
      none: 'NaN',
      map: { a: 1 },
      set: ['b'],
      bytes: '[3 bytes]',
      call: '[function]',
    })
  })
})

describe.each(['text', 'json'] as const)('in %s', (format) => {
  it.each([
    ['password', 'hunter2'],
    ['dbPassphrase', 'hunter2'],
    ['token', 'hunter2'],
    ['accessToken', 'hunter2'],
    ['Authorization', 'hunter2'],
    ['credentials', { username: 'ada', word: 'hunter2' }],
    ['set-cookie', ['hunter2']],
    ['privateKey', 'hunter2'],
    ['keyPem', 'hunter2'],
    ['api_key', 'hunter2'],
    ['request', { headers: { authorization: 'hunter2' } }],
    ['url', 'https://ada:hunter2@host/policy.git'],
    ['text', 'cloning https://hunter2@host/policy.git failed'],
    ['header', 'Authorization: Bearer hunter2hunter2'],
    ['header', 'Basic aHVudGVyMg== hunter'],
    ['pem', '-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----'],
    ['pem', '-----BEGIN PRIVATE KEY-----\nhunter2'],
    ['error', new Error('https://ada:hunter2@host refused')],
    ['error', new Error('outer', { cause: { password: 'hunter2' } })],
  ])('%s hides the secret in it', (key, value) => {
    if (value instanceof Error) value.stack = `${value.message}\n at here`
    const line = written(format, (logger) => logger.info('s', { [key]: value }))
    expect(line).not.toMatch(/hunter2|aHVudGVyMg/)
  })

  it('counts are not secrets', () => {
    expect(written(format, (logger) => logger.info('s', { tokens: 3 }))).toMatch(/tokens"?[=:]3/)
  })

  it('writes nothing below the level', () => {
    const log = (logger: Logger): void => {
      logger.debug('a')
      logger.info('b')
      logger.warn('kept')
    }
    const lines = written(format, log, { level: 'warn' }).trim().split('\n')
    expect(lines).toEqual([expect.stringContaining('kept')])
  })
})
