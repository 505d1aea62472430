import type { ObjectKey } from '../../model/object-id.ts'
import { type AccountKey, toAccountKey } from '../../model/service-account.ts'
import type { PolicyTestIntent } from '../intent/policy-test-intent.ts'
import type { Intent } from '../intent.ts'
import type { AccountsBehind } from './accounts-behind.ts'

type PolicyTests = ReadonlyMap<ObjectKey, PolicyTestIntent>

/** For each destination account, the cases and invariants that ask about it: no others change when a grant to it does. */
export function testsByDestination(
  { policyTests }: Intent,
  accountsBehind: AccountsBehind,
  destinations: Iterable<AccountKey>,
): ReadonlyMap<AccountKey, PolicyTests> {
  const accounts = [...destinations]
  const found = new Map<AccountKey, Map<ObjectKey, PolicyTestIntent>>()

  function add(keys: readonly AccountKey[], key: ObjectKey, part: PolicyTestIntent): void {
    for (const account of new Set(keys)) {
      const tests = found.get(account) ?? new Map<ObjectKey, PolicyTestIntent>()
      const { cases = [], invariants = [] } = tests.get(key) ?? {}
      tests.set(key, {
        ...part,
        cases: [...cases, ...part.cases],
        invariants: [...invariants, ...part.invariants],
      })
      found.set(account, tests)
    }
  }

  for (const [key, test] of policyTests) {
    for (const one of test.cases)
      add(accountsBehind(one.to.service).map(toAccountKey), key, {
        ...test,
        cases: [one],
        invariants: [],
      })
    for (const one of test.invariants) {
      const { namespace, service } = one.to
      const concerned =
        service === undefined
          ? accounts.filter((account) => account.startsWith(`${namespace}/`))
          : accountsBehind({ namespace, name: service }).map(toAccountKey)
      add(concerned, key, { ...test, cases: [], invariants: [one] })
    }
  }
  return found
}
