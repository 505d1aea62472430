import { describe, expect, it } from 'vitest'
import { judgeApiServer, judgeClock } from '../../../src/cli/doctor/api-server.ts'
import type { Instant } from '../../../src/model/clock.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')

function facts({ version = 'v1.36.3', aheadMs = 0 } = {}) {
  return {
    address: 'https://192.0.2.1:6443',
    version,
    itsTime: NOON as Instant,
    ourTime: (NOON + aheadMs) as Instant,
  }
}

describe('the API server', () => {
  it.each([
    ['v1.28.0', 'ok'],
    ['v1.36.3-gke.100', 'ok'],
    ['v2.0.0', 'ok'],
    ['v1.27.16', 'fail'],
    ['v1.9.0', 'fail'],
    ['unknown', 'fail'],
  ])('at %s: %s', (version, status) => {
    expect(judgeApiServer(facts({ version })).status).toBe(status)
  })
})

describe('the clock', () => {
  it.each([
    [0, 'ok'],
    // The Date of an answer is cut to the second.
    [999, 'ok'],
    [4_000, 'ok'],
    [-4_000, 'ok'],
    [20_000, 'warn'],
    [-20_000, 'warn'],
    [90_000, 'fail'],
    [-90_000, 'fail'],
  ])('%i ms ahead: %s', (aheadMs, status) => {
    expect(judgeClock(facts({ aheadMs })).status).toBe(status)
  })

  it('says which way and how far', () => {
    expect(judgeClock(facts({ aheadMs: -60_000 })).found).toContain('60.0 s behind')
    expect(judgeClock(facts({ aheadMs: 20_000 })).found).toMatch(/19\.\d s ahead of/)
  })

  it('warns where the API server does not say the time', () => {
    expect(judgeClock({ ...facts(), itsTime: undefined }).status).toBe('warn')
  })
})
