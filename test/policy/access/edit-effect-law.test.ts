/** The law of drift's effect: it is what the same change, committed, would have been reviewed as. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { toObjectId } from '../../../src/model/object-id.ts'
import { accessDiff } from '../../../src/policy/access/access-diff.ts'
import { buildAccessRelation } from '../../../src/policy/access/access-relation.ts'
import { editEffect } from '../../../src/policy/access/edit-effect.ts'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import { trafficDiff } from '../../../src/policy/access/traffic-diff.ts'
import type { Intent } from '../../../src/policy/intent.ts'
import { PolicyCompiler } from '../../../src/policy/policy-compiler.ts'
import { withOwnerMark } from '../../../src/reconciler/owner-mark.ts'
import {
  type PrintedEditEffect,
  printEditEffect,
} from '../../../src/review/drift/print-edit-effect.ts'
import { compile } from '../../support/policy-files.ts'
import {
  aMeshConfig,
  aMeshPolicy,
  aNamespace,
  anAccount,
  anOsmPolicy,
  aRouteGroup,
  aSplit,
  aTcpRoute,
  aTrafficTarget,
} from '../kinds/documents.ts'

const IGNORED = { 'openservicemesh.io/ignore': 'true' }

/** Objects, each as it may be written. */
const OBJECTS: readonly (readonly [string, ...string[]])[] = [
  [aNamespace('shop'), aNamespace('shop', IGNORED)],
  [aNamespace('web'), aNamespace('web', IGNORED)],
  [
    aRouteGroup(),
    aRouteGroup([{ name: 'all', methods: ['GET'] }]),
    aRouteGroup([{ name: 'all', pathRegex: '/books/.*' }, { name: 'some' }]),
    aRouteGroup([{ name: 'al' }]),
  ],
  [aTcpRoute([80]), aTcpRoute([80, 3306])],
  [
    aTrafficTarget(),
    aTrafficTarget({ sources: [anAccount('web', 'web'), anAccount('spy', 'web')] }),
    aTrafficTarget({ sources: [] }),
    aTrafficTarget({ rules: [{ kind: 'TCPRoute', name: 'tcp' }] }),
    aTrafficTarget({ rules: [] }),
  ],
  [
    aTrafficTarget({ sources: [anAccount('a')] }, { name: 'other' }),
    aTrafficTarget({ sources: [anAccount('web', 'web')] }, { name: 'other' }),
  ],
  [
    aSplit(),
    aSplit({ backends: [{ service: 'web-v1', weight: 7 }] }),
    aSplit({ backends: [{ service: 'web-v1', weight: 0 }] }),
    aSplit({ matches: [{ kind: 'HTTPRouteGroup', name: 'routes' }] }),
  ],
  [aMeshConfig({}), aMeshConfig({ traffic: { enablePermissiveTrafficPolicyMode: true } })],
  [aMeshPolicy({ access: 'inherit' }), aMeshPolicy({ access: 'permissive' })],
  [
    anOsmPolicy('Egress', {
      sources: [anAccount('web')],
      hosts: ['a.example.com'],
      ports: [{ number: 80, protocol: 'http' }],
    }),
    anOsmPolicy('Egress', {
      sources: [anAccount('web')],
      hosts: ['a.example.com'],
      ports: [{ number: 443, protocol: 'https' }],
    }),
  ],
]

/** Mostly the first form, which makes a valid commit with the others' first ones. */
function aForm([first, ...others]: readonly [string, ...string[]]) {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(first) },
    { weight: 4, arbitrary: fc.constantFrom(first, ...others) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}

const aChange = fc.record({
  /** The form of each object in the commit; `undefined` for one that it does not have. */
  forms: fc.tuple(...OBJECTS.map(aForm)),
  edited: fc.nat(OBJECTS.length - 1),
  form: fc.nat(5),
})

/** As a review of the commit after it would print it. */
function reviewed(before: Intent, after: Intent, matches: MatchCompiler): PrintedEditEffect {
  const [had, has] = [buildAccessRelation(before), buildAccessRelation(after)]
  const access = accessDiff(had, has, matches)
  const traffic = trafficDiff(before, after)
  const isNone = access.length + traffic.length === 0
  return printEditEffect(isNone ? { type: 'none' } : { type: 'changed', access, traffic })
}

it('is what a review of the same change says, and refused where the commit would be', () => {
  const matches = new MatchCompiler()
  const seen = { changed: 0, none: 0, refused: 0, unknown: 0 }
  fc.assert(
    fc.property(aChange, ({ forms, edited, form }) => {
      const policies = new PolicyCompiler()
      const before = compile(
        forms.filter((text) => text !== undefined),
        policies,
      )
      const old = forms[edited]
      if (before.type === 'invalid' || old === undefined) return
      const next = OBJECTS[edited]?.[form]
      const after = compile(forms.with(edited, next).filter((text) => text !== undefined))
      const object = JSON.parse(next ?? old) as KubernetesObject
      const live = next === undefined ? undefined : withOwnerMark(object, 'policies')
      const edit = { id: toObjectId(object), live }
      const effect = editEffect({ served: before.intent, edit, policies, matches })
      seen[effect.type] += 1
      if (after.type === 'invalid') expect(effect.type).toBe('refused')
      else expect(printEditEffect(effect)).toEqual(reviewed(before.intent, after.intent, matches))
    }),
    { numRuns: 400 },
  )
  expect(seen.unknown).toBe(0)
  for (const type of ['changed', 'none', 'refused'] as const) expect(seen[type]).toBeGreaterThan(10)
})
