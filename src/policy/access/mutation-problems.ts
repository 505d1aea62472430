/** Surviving mutants as problems, each with the case that would notice it. */
import type { Problem } from '../../model/problem.ts'
import { PROBLEM_CODES } from '../problem-codes.ts'
import type { AccessChange } from './access-diff.ts'
import { printRequest } from './print-question.ts'
import type { Survivor } from './surviving-mutants.ts'

export function mutationProblems(survivors: readonly Survivor[]): readonly Problem[] {
  return survivors.map(({ description, location, change }) => ({
    code: 'PLB0702',
    severity: PROBLEM_CODES.PLB0702.severity,
    location,
    path: '',
    message: `no policy test notices a commit that ${description}`,
    fix: `add a case to a PolicyTest that expects ${printCall(change)} to be ${change.direction === 'gained' ? 'denied' : 'allowed'}`,
  }))
}

function printCall(change: AccessChange): string {
  if (change.type === 'namespace') return `calls to ${change.namespace}`
  if (change.type === 'outside') return `${change.access.source} -> ${change.access.destination}`
  const port = change.port === 'any' ? '' : `:${change.port}`
  const pair = `${change.source} -> ${change.destination}${port}`
  switch (change.type) {
    case 'http':
      return `${pair} ${printRequest(change.witness)}`
    case 'tcp':
      return `${pair} on ${change.ports.type === 'only' ? 'TCP port' : 'a TCP port other than'} ${change.ports.ports.join(', ')}`
    case 'undecided':
      return `${pair} on a request that the rule is about`
  }
}
