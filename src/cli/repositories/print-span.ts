import type { Ms } from '../../model/clock.ts'

const SECOND: Ms = 1_000
const MINUTE: Ms = 60 * SECOND
const HOUR: Ms = 60 * MINUTE
const DAY: Ms = 24 * HOUR

/** A span as kubectl prints ages, coarser the longer it is: `119s`, `3m20s`, `90m`, `3h5m`, `30h`, `4d`. */
export function printSpan(span: Ms): string {
  if (span < 2 * MINUTE) return `${Math.floor(span / SECOND)}s`
  if (span < 10 * MINUTE) return twoUnits(span, [MINUTE, 'm'], [SECOND, 's'])
  if (span < 3 * HOUR) return `${Math.floor(span / MINUTE)}m`
  if (span < 8 * HOUR) return twoUnits(span, [HOUR, 'h'], [MINUTE, 'm'])
  if (span < 2 * DAY) return `${Math.floor(span / HOUR)}h`
  if (span < 8 * DAY) return twoUnits(span, [DAY, 'd'], [HOUR, 'h'])
  return `${Math.floor(span / DAY)}d`
}

type Unit = readonly [length: Ms, name: string]

function twoUnits(span: Ms, [length, name]: Unit, [smaller, smallerName]: Unit): string {
  const rest = Math.floor((span % length) / smaller)
  const whole = `${Math.floor(span / length)}${name}`
  return rest === 0 ? whole : `${whole}${rest}${smallerName}`
}
