/** What an edit in the cluster would have meant, had it been the commit. */
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { printObjectId } from '../../../src/model/object-id.ts'
import { type EditEffect, editEffect } from '../../../src/policy/access/edit-effect.ts'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import type { Intent } from '../../../src/policy/intent.ts'
import { joinIntents } from '../../../src/policy/join-intents.ts'
import { PolicyCompiler } from '../../../src/policy/policy-compiler.ts'
import { withOwnerMark } from '../../../src/reconciler/owner-mark.ts'
import { printEditEffect } from '../../../src/review/drift/print-edit-effect.ts'
import { A_COMMIT, aCommit, compileValid } from '../../support/policy-files.ts'
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
  ENROLLED,
} from '../kinds/documents.ts'

const DOCUMENTS = [...ENROLLED, aTrafficTarget(), aRouteGroup(), aSplit(), aMeshConfig({})]

function aWorld(documents: readonly string[] = DOCUMENTS) {
  const policies = new PolicyCompiler()
  const served = compileValid(documents, policies)
  return { policies, served, matches: new MatchCompiler() }
}

/** The object as the cluster has it after it was applied: our marks, and what the API server adds. */
function storedOf({ objects }: Intent, kind: string, name?: string): KubernetesObject {
  const declared = objects.find(({ id }) => id.kind === kind && (name ?? id.name) === id.name)
  if (declared === undefined) throw new Error(`there is no ${kind} ${name}`)
  const { metadata, ...rest } = withOwnerMark(declared.object, 'policies')
  const set = {
    uid: 'u-1',
    resourceVersion: '7',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    managedFields: [],
    finalizers: ['example.com/keep'],
  }
  return { ...rest, metadata: { ...metadata, ...set }, status: { phase: 'Active' } }
}

const specOf = (object: KubernetesObject) => object['spec'] as Readonly<Record<string, unknown>>

function effectOf(
  world: ReturnType<typeof aWorld>,
  kind: string,
  change: (stored: KubernetesObject) => KubernetesObject | undefined,
  name?: string,
): EditEffect {
  const stored = storedOf(world.served, kind, name)
  const declared = world.served.objects.find(
    ({ id }) => id.kind === kind && id.name === stored.metadata.name,
  )
  if (declared === undefined) throw new Error(`there is no ${kind}`)
  return editEffect({ ...world, edit: { id: declared.id, live: change(stored) } })
}

const withSpec = (spec: object) => (stored: KubernetesObject) => ({
  ...stored,
  spec: { ...specOf(stored), ...spec },
})

describe('an edit in the cluster', () => {
  it('of the sources would have opened what it names and closed what it leaves out', () => {
    const world = aWorld([...DOCUMENTS, aNamespace('thief')])
    const sources = [anAccount('thief', 'thief')]
    expect(printEditEffect(effectOf(world, 'TrafficTarget', withSpec({ sources })))).toEqual({
      opened: ['thief/thief → shop/till *, e.g. GET /'],
      closed: ['web/web → shop/till *, e.g. GET /'],
      traffic: [],
    })
  })

  it('of a route group would have changed what those who refer to it allow', () => {
    const matches = [{ name: 'all', methods: ['GET'] }]
    const { opened, closed } = printEditEffect(
      effectOf(aWorld(), 'HTTPRouteGroup', withSpec({ matches })),
    )
    expect(opened).toEqual([])
    expect(closed).toHaveLength(1)
    expect(closed[0]).toMatch(/^web\/web → shop\/till .*POST/)
  })

  it('that deletes a TrafficTarget would have closed what it allows', () => {
    expect(printEditEffect(effectOf(aWorld(), 'TrafficTarget', () => undefined))).toMatchObject({
      opened: [],
      closed: [expect.stringMatching(/^web\/web → shop\/till /)],
    })
  })

  it('of weights would have moved traffic', () => {
    const backends = [
      { service: 'web-v1', weight: 9 },
      { service: 'web-v2', weight: 1 },
    ]
    expect(printEditEffect(effectOf(aWorld(), 'TrafficSplit', withSpec({ backends })))).toEqual({
      opened: [],
      closed: [],
      traffic: [
        'TrafficSplit shop/web moves from web-v1 50 %, web-v2 50 % of shop/web to web-v1 90 %, web-v2 10 % of shop/web',
      ],
    })
  })

  it('of weights in the same proportion would have had no effect (D11)', () => {
    const backends = ['web-v1', 'web-v2'].map((service) => ({ service, weight: 50 }))
    expect(effectOf(aWorld(), 'TrafficSplit', withSpec({ backends }))).toEqual({ type: 'none' })
  })

  it('that deletes a split would have left the service to answer for itself', () => {
    const { traffic } = printEditEffect(effectOf(aWorld(), 'TrafficSplit', () => undefined))
    expect(traffic).toEqual([
      'TrafficSplit shop/web ends: shop/web answers for itself, and not web-v1 50 %, web-v2 50 % of shop/web',
    ])
  })

  it('that takes a namespace out of the mesh would have closed what leads there', () => {
    const bare = (stored: KubernetesObject) => ({
      ...stored,
      metadata: { ...stored.metadata, labels: { team: 'books' } },
      spec: { finalizers: ['kubernetes'] },
    })
    expect(printEditEffect(effectOf(aWorld(), 'Namespace', bare, 'shop'))).toMatchObject({
      closed: [expect.stringMatching(/^web\/web → shop\/till /)],
      traffic: ['namespace shop leaves the mesh'],
    })
  })

  it('that keeps sidecars out of new pods would have moved traffic past the mesh', () => {
    const off = (stored: KubernetesObject) => ({
      ...stored,
      metadata: {
        ...stored.metadata,
        annotations: { 'openservicemesh.io/sidecar-injection': 'disabled' },
      },
    })
    expect(printEditEffect(effectOf(aWorld(), 'Namespace', off, 'shop')).traffic).toEqual([
      'sidecar injection of namespace shop is disabled, and was unset',
    ])
  })

  it('that opens the whole mesh would have opened every namespace', () => {
    const traffic = { enablePermissiveTrafficPolicyMode: true }
    expect(printEditEffect(effectOf(aWorld(), 'MeshConfig', withSpec({ traffic }))).opened).toEqual(
      ['shop', 'web'].map((name) => `every identity of the mesh → every service of ${name}`),
    )
  })

  it('that is not valid could not have been a commit, and the first problem says why', () => {
    const effect = effectOf(aWorld(), 'TrafficTarget', withSpec({ rules: [] }))
    expect(effect).toMatchObject({ type: 'refused', first: { code: 'PLB0501' }, errors: 1 })
    expect(printEditEffect(effect).note).toMatch(
      /^no commit could say so: spec\.rules: the TrafficTarget has no rules.* \[PLB0501\]$/,
    )
  })

  it('that leaves others without what they refer to could not have been a commit either', () => {
    expect(effectOf(aWorld(), 'HTTPRouteGroup', () => undefined)).toMatchObject({
      type: 'refused',
      first: { code: 'PLB0401', location: { file: '3.yaml' } },
    })
  })

  it('of an object that the commit does not have is not judged', () => {
    const world = aWorld()
    const id = { group: '', version: 'v1', kind: 'Namespace', namespace: '', name: 'other' }
    expect(editEffect({ ...world, edit: { id, live: undefined } }).type).toBe('unknown')
    const stored = storedOf(world.served, 'TrafficTarget')
    const [, , declared] = world.served.objects
    const stranger = { ...world, policies: new PolicyCompiler() }
    const edit = { id: declared?.id ?? id, live: stored }
    expect(editEffect({ ...stranger, edit }).type).toBe('unknown')
  })

  it('is judged within the mesh that all repositories make', () => {
    const world = aWorld()
    const other = compileValid([aNamespace('thief')])
    const whole = (intent: Intent) => joinIntents([intent, other])
    const live = withSpec({ sources: [anAccount('thief', 'thief')] })(
      storedOf(world.served, 'TrafficTarget'),
    )
    const id = world.served.objects.find((one) => one.id.kind === 'TrafficTarget')?.id
    if (id === undefined) throw new Error('there is no TrafficTarget')
    expect(printEditEffect(editEffect({ ...world, edit: { id, live } })).opened).toEqual([])
    expect(printEditEffect(editEffect({ ...world, whole, edit: { id, live } })).opened).toEqual([
      'thief/thief → shop/till *, e.g. GET /',
    ])
  })
})

it('that takes a namespace out of the mesh counts what other repositories grant it', () => {
  const world = aWorld([aNamespace('web')])
  const other = compileValid([aNamespace('shop'), aTrafficTarget(), aRouteGroup()])
  const whole = (intent: Intent) => joinIntents([intent, other])
  const [declared] = world.served.objects
  if (declared === undefined) throw new Error('there is no namespace')
  const bare = { ...declared.object, metadata: { name: 'web' } }
  const effect = editEffect({ ...world, whole, edit: { id: declared.id, live: bare } })
  expect(printEditEffect(effect)).toMatchObject({
    closed: [expect.stringMatching(/^web\/web → shop\/till /)],
    traffic: ['namespace web leaves the mesh'],
  })
})

const EVERY_KIND = [
  ...DOCUMENTS,
  aTcpRoute([3306]),
  aMeshPolicy({ access: 'permissive' }),
  anOsmPolicy('Egress', {
    sources: [anAccount('web', 'web')],
    hosts: ['pay.example.com'],
    ports: [{ number: 443, protocol: 'https' }],
  }),
  JSON.stringify({
    ...JSON.parse(aSplit({ service: 'till' }, 'till')),
    metadata: {
      name: 'till',
      namespace: 'shop',
      annotations: { 'plumbline.dev/delegate-weights': 'flagger' },
    },
  }),
]

describe('an object as it was applied', () => {
  const world = aWorld(EVERY_KIND)

  it.each(world.served.objects.map(({ id }) => [printObjectId(id), id] as const))(
    'has no effect: %s',
    (_, { kind, name }) => {
      expect(effectOf(world, kind, (stored) => stored, name)).toEqual({ type: 'none' })
    },
  )

  it('makes what it does not touch the same objects as before, and leaves the next commit alone', () => {
    const { policies, served } = world
    const id = served.objects.find((one) => one.id.name === 'web' && one.id.namespace !== '')?.id
    if (id === undefined) throw new Error('there is no split')
    const edited = policies.compileEdited(served, { id, live: undefined })
    if (edited?.type !== 'valid') throw new Error('it is not valid')
    for (const [key, grant] of served.grants) expect(edited.intent.grants.get(key)).toBe(grant)
    const again = policies.compile({ commit: A_COMMIT, files: aCommit(EVERY_KIND), root: '' })
    if (again.type !== 'valid') throw new Error('it is not valid')
    for (const [key, split] of served.splits)
      expect(again.intent.splits.get(key)?.[0]).toBe(split[0])
  })
})
