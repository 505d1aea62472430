import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Container } from '../../src/lab/container.ts'
import { afterEnd, NO_RESTARTS } from '../../src/lab/restart-delay.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

function aContainer(script: string) {
  const clock = new FakeClock()
  const log = new RecordingLogger()
  const environment = { PATH: process.env['PATH'], GREETING: 'hello' }
  const settings = { pod: 'shop/front-0', name: 'main', argv: ['sh', '-c', script], environment }
  const container = new Container(settings, { clock, log })
  onTestFinished(() => container.stop())
  return { container, clock, log }
}

/** Real processes take their time on a busy machine. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000 })

const said = (log: RecordingLogger) =>
  log.lines.flatMap(({ sentence, fields }) =>
    sentence === 'container output' ? [fields['line']] : [],
  )

/** A killed process that nobody has collected yet is a zombie, which runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('Container', () => {
  it('passes on what the program prints, line by line, with its environment', async () => {
    const { log } = aContainer('echo "$GREETING"; echo two >&2; exec sleep 60')
    await eventually(() => expect(said(log).toSorted()).toEqual(['hello', 'two']))
  })

  it('starts a program again after a pause that grows, and says how it ended and what it said last', async () => {
    const { log, clock } = aContainer('echo broken; exit 3')
    const ends = () => log.lines.filter((line) => line.level === 'warn')
    await eventually(() => expect(ends()).toHaveLength(1))
    expect(ends()[0]).toEqual({
      level: 'warn',
      sentence: 'container ended',
      fields: {
        pod: 'shop/front-0',
        container: 'main',
        how: 'status 3',
        delayMs: 250,
        said: ['broken'],
      },
    })
    await clock.advance(249)
    expect(said(log)).toHaveLength(1)
    await clock.advance(1)
    await eventually(() => expect(ends().at(-1)?.fields['delayMs']).toBe(500))
    expect(said(log)).toHaveLength(2)
  })

  it('says when a program cannot be started', async () => {
    const log = new RecordingLogger()
    const settings = { pod: 'shop/front-0', name: 'main', argv: ['/nowhere'], environment: {} }
    const container = new Container(settings, { clock: new FakeClock(), log })
    onTestFinished(() => container.stop())
    await eventually(() =>
      expect(log.lines[0]?.fields['how']).toMatch(/could not be started.*ENOENT/),
    )
  })

  it('ends a program that heeds SIGTERM, and does not start it again', async () => {
    const { container, log } = aContainer(
      'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.01; done',
    )
    await eventually(() => expect(said(log)).toEqual(['up']))
    await container.stop()
    expect(said(log)).toContain('bye')
    expect(container.pid).toBeUndefined()
  })

  it('makes a program that does not heed it end, with the processes it started', async () => {
    const { container, log, clock } = aContainer('trap "" TERM; sleep 60 & echo $!; wait; wait')
    await eventually(() => expect(said(log)).toHaveLength(1))
    const child = Number(said(log)[0])
    const stopped = container.stop()
    await clock.advance(1000)
    await stopped
    await eventually(() => expect(isRunning(child)).toBe(false))
  })
})

describe('afterEnd', () => {
  it('doubles the pause up to half a minute', () => {
    const delays: number[] = []
    for (let restarts = NO_RESTARTS; delays.length < 9; delays.push(restarts.delayMs))
      restarts = afterEnd(restarts, 10)
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  })

  it('forgets earlier ends once a container ran for a minute', () => {
    const often = { ends: 9, delayMs: 30_000 }
    expect(afterEnd(often, 59_999).delayMs).toBe(30_000)
    expect(afterEnd(often, 60_000)).toEqual({ ends: 1, delayMs: 250 })
  })
})
