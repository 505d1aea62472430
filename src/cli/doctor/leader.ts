/** Whether somebody leads: without a leader nothing is applied, though everything is served. Pure. */
import type { Instant, Ms } from '../../model/clock.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { readLease } from '../../reconciler/election/lease.ts'
import { type Check, fail, pass } from './check.ts'

/** Clocks differ by seconds, and a Lease is renewed every two. */
const TOLERANCE_MS: Ms = 15_000

/** `now` by the API server's clock, where it is known: the machine that asks need not have the right time. */
export function judgeLeader(lease: KubernetesObject | undefined, now: Instant): Check {
  const name = 'leader'
  const nobody = {
    expected: 'a replica that holds the Lease and applies',
    fix: 'see the deployment; kubectl logs -n plumbline-system deploy/plumbline-controller says why none leads',
  }
  if (lease === undefined) return fail(name, 'no replica has ever led', nobody)
  const { holder, lastsMs, renewTime, transitions } = readLease(lease)
  if (holder === undefined)
    return fail(name, 'the Lease has been released, and nobody holds it', nobody)
  const ageMs = now - Date.parse(renewTime ?? '')
  if (Number.isNaN(ageMs))
    return fail(name, `${holder} holds a Lease that was never renewed`, nobody)
  const seconds = Math.max(0, Math.round(ageMs / 1000))
  if (ageMs > lastsMs + TOLERANCE_MS)
    return fail(
      name,
      `${holder} renewed the Lease ${seconds} s ago, and it lasts ${lastsMs / 1000} s`,
      nobody,
    )
  return pass(
    name,
    `${holder}, which renewed the Lease ${seconds} s ago; the ${ordinal(transitions + 1)} leader`,
  )
}

function ordinal(number: number): string {
  const isTeen = number % 100 > 10 && number % 100 < 14
  const suffix = (!isTeen && ['th', 'st', 'nd', 'rd'][number % 10]) || 'th'
  return `${number}${suffix}`
}
