/** When to look at the repository again, unasked: every so often, or by a cron expression. */
import { CronTime, validateCronExpression } from 'cron'
import type { Instant, Ms } from '../model/clock.ts'
import { err, ok, type Result } from '../model/result.ts'
import { parseSpan } from '../model/span.ts'

export type Schedule =
  | { readonly type: 'every'; readonly intervalMs: Ms }
  /** Read in UTC, so that a change of daylight saving neither skips nor doubles a look. */
  | { readonly type: 'cron'; readonly expression: string }

const SHORTEST: Ms = 1_000
const LONGEST: Ms = 7 * 86_400_000

/** Each wait is up to this share longer or shorter, so that many control planes do not ask one host in step. */
const JITTER = 0.1

/** Reads `30s`, `1h30m`, `@every 5m`, five or six cron fields, or `@hourly` and its like. The error says what is accepted. */
export function parseSchedule(text: string): Result<Schedule, string> {
  const trimmed = text.trim().replace(/^@every\s+/, '')
  const intervalMs = parseSpan(trimmed)
  if (intervalMs !== undefined) return every(text, intervalMs)
  if (trimmed !== text.trim()) return err(unreadable(text, 'the span after @every'))
  return parseCron(text, trimmed)
}

/** How long until the next look; `draw` is a number from 0 to 1 that spreads it. */
export function untilNext(schedule: Schedule, now: Instant, draw: number): Ms {
  switch (schedule.type) {
    case 'every':
      return Math.round(schedule.intervalMs * (1 + JITTER * (2 * draw - 1)))
    case 'cron':
      return untilMatch(schedule.expression, now)
  }
}

function untilMatch(expression: string, now: Instant): Ms {
  try {
    const next = new CronTime(expression, 'UTC').getNextDateFrom(new Date(now), 'UTC')
    return Math.max(1, next.toMillis() - now)
  } catch {
    // The library gives up years from the machine's own date: the clock that we were given is far off.
    return LONGEST
  }
}

function parseCron(text: string, expression: string): Result<Schedule, string> {
  const checked = validateCronExpression(expression)
  if (!checked.valid)
    return err(unreadable(text, checked.error?.message ?? 'it is no cron expression'))
  try {
    // 30 February is well formed and never comes.
    new CronTime(expression, 'UTC').sendAt()
    return ok({ type: 'cron', expression })
  } catch {
    return err(unreadable(text, 'no date matches it'))
  }
}

function every(text: string, intervalMs: Ms): Result<Schedule, string> {
  if (intervalMs < SHORTEST || intervalMs > LONGEST)
    return err(
      `${JSON.stringify(text)} is ${intervalMs / 1000} s; use a span from ${SHORTEST / 1000} s to 7 days`,
    )
  return ok({ type: 'every', intervalMs })
}

function unreadable(text: string, reason: string): string {
  return `${JSON.stringify(text)} is not a schedule (${reason}); write a span such as 30s or 5m, or a cron expression such as "*/5 * * * *" (UTC)`
}
