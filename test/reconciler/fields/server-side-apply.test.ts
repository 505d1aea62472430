/** Server-side apply, decided: examples from Kubernetes' documentation, and laws over random appliers. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { ownedPart } from '../../../src/reconciler/fields/object-parts.ts'
import { applyFields, updateFields } from '../../../src/reconciler/fields/server-side-apply.ts'
import { aConfigMap, aService } from '../../support/cluster-objects.ts'

const NEWBORN: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name: 'm', uid: 'u' },
}

interface Options {
  readonly live?: KubernetesObject
  readonly force?: boolean
  readonly time?: string
}

function apply(
  manager: string,
  applied: KubernetesObject,
  options: Options = {},
): KubernetesObject {
  const { live = { ...NEWBORN, kind: applied.kind }, force = false, time = 't' } = options
  const outcome = applyFields({ live, applied, manager, force, time })
  if (!outcome.ok) throw new Error(`conflict: ${JSON.stringify(outcome.error)}`)
  return outcome.value
}

function conflicts(manager: string, live: KubernetesObject, applied: KubernetesObject) {
  const outcome = applyFields({ live, applied, manager, force: false, time: 't' })
  return outcome.ok ? [] : outcome.error
}

function fieldsOf(object: KubernetesObject): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    (object.metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
  )
}

describe('managedFields', () => {
  it('are written as Kubernetes writes them', () => {
    const service = {
      ...aService('m', [{ name: 'http', port: 80 }]),
      spec: {
        ports: [{ name: 'http', port: 80 }],
        selector: { app: 'a' },
        externalIPs: ['x'],
        extra: {},
      },
    }
    expect(apply('me', service).metadata.managedFields).toEqual([
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'v1',
        time: 't',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:ports': {
              'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} },
            },
            'f:selector': {},
            'f:externalIPs': {},
            'f:extra': {},
          },
        },
      },
    ])
  })

  it('keep their time while they stay the same', () => {
    const first = apply('me', aConfigMap('m', { a: '1' }), { time: 'first' })
    const second = apply('me', aConfigMap('m', { a: '1' }), { live: first, time: 'second' })
    expect(second).toEqual(first)
  })

  it('are left out for a manager that owns nothing any more', () => {
    const first = apply('me', aConfigMap('m', { a: '1' }))
    expect(apply('me', aConfigMap('m'), { live: first }).metadata.managedFields).toEqual([])
  })
})

describe('conflicts', () => {
  it('are with every owner, at the fields that would change, and no others', () => {
    const live = apply('b', aConfigMap('m', { y: '1' }), {
      live: apply('a', aConfigMap('m', { x: '1', z: '1' })),
    })
    expect(conflicts('c', live, aConfigMap('m', { x: '2', y: '2', z: '1', w: '2' }))).toEqual([
      { owner: { manager: 'a', operation: 'Apply' }, fields: ['.data.x'] },
      { owner: { manager: 'b', operation: 'Apply' }, fields: ['.data.y'] },
    ])
  })

  it('are with whoever owns what is below, when a map becomes something else', () => {
    const live = apply('a', { ...aConfigMap('m'), data: { x: { y: '1' } } })
    const applied = { ...aConfigMap('m'), data: { x: 'text' } }
    expect(conflicts('b', live, applied)).toMatchObject([{ fields: ['.data.x.y'] }])
    expect(fieldsOf(apply('b', applied, { live, force: true }))).toEqual({
      b: { 'f:data': { 'f:x': {} } },
    })
  })

  it('are none with oneself, nor over a value that is the same', () => {
    const live = apply('a', aConfigMap('m', { x: '1' }))
    expect(conflicts('a', live, aConfigMap('m', { x: '2' }))).toEqual([])
    expect(conflicts('b', live, aConfigMap('m', { x: '1' }))).toEqual([])
  })

  it('tell what a manager applied from what it updated', () => {
    const live = updateFields({
      live: undefined,
      next: { ...NEWBORN, data: { x: '1' } },
      owner: { manager: 'a', operation: 'Update' },
      time: 't',
    })
    expect(conflicts('a', live, aConfigMap('m', { x: '2' }))).toMatchObject([
      { owner: { manager: 'a', operation: 'Update' } },
    ])
  })
})

describe('lists merged by key', () => {
  const ports = (object: KubernetesObject) =>
    (
      object['spec'] as { readonly ports?: readonly { readonly name: string }[] } | undefined
    )?.ports?.map(({ name }) => name)

  it('keep the items of others, and go item by item', () => {
    const mine = apply('a', aService('m', [{ name: 'http', port: 80 }]))
    const both = apply('b', aService('m', [{ name: 'admin', port: 81 }]), { live: mine })
    expect(ports(both)).toEqual(['http', 'admin'])
    const left = apply('a', aService('m', []), { live: both })
    expect(ports(left)).toEqual(['admin'])
  })

  it('take the applied order among the applied items, and applying again moves nothing', () => {
    const live = apply(
      'a',
      aService(
        'm',
        [1, 2, 3].map((port) => ({ name: `p${port}`, port })),
      ),
    )
    const turned = aService(
      'm',
      [3, 1, 4].map((port) => ({ name: `p${port}`, port })),
    )
    const after = apply('b', turned, { live })
    expect(ports(after)).toEqual(['p3', 'p2', 'p1', 'p4'])
    expect(apply('b', turned, { live: after })).toEqual(after)
  })

  it('refuse an item without its key, and a key that is there twice', () => {
    const twice = aService('m', [
      { name: 'a', port: 80 },
      { name: 'b', port: 80 },
    ])
    expect(() => apply('a', twice)).toThrow(
      'spec.ports: {"port":80,"protocol":"TCP"} is there twice',
    )
    expect(() => apply('a', { ...twice, spec: { ports: [{ name: 'x' }] } })).toThrow(
      'an item has no port',
    )
  })
})

describe('laws', () => {
  const managers = fc.constantFrom('a', 'b', 'c')
  const leaf = fc.constantFrom('1', '2')
  const data = fc.dictionary(
    fc.constantFrom('x', 'y', 'z'),
    fc.oneof(leaf, fc.dictionary(fc.constantFrom('p', 'q'), leaf, { maxKeys: 2 })),
    { maxKeys: 3 },
  )
  const steps = fc.array(fc.record({ manager: managers, data, isUpdate: fc.boolean() }), {
    maxLength: 8,
  })
  type Step = { readonly manager: string; readonly data: object; readonly isUpdate: boolean }

  const toObject = (given: object): KubernetesObject => ({
    ...NEWBORN,
    metadata: { namespace: 'default', name: 'm' },
    data: given,
  })

  function run(all: readonly Step[]): KubernetesObject {
    let live = NEWBORN
    for (const { manager, data: given, isUpdate } of all) {
      const next = { ...live, data: given }
      const owner = { manager, operation: 'Update' } as const
      live = isUpdate
        ? updateFields({ live, next, owner, time: 't' })
        : apply(manager, toObject(given), { live, force: true })
    }
    return live
  }

  it('applying twice is applying once', () => {
    fc.assert(
      fc.property(steps, managers, data, (before, manager, given) => {
        const once = apply(manager, toObject(given), { live: run(before), force: true })
        expect(apply(manager, toObject(given), { live: once })).toEqual(once)
      }),
    )
  })

  it('what is applied is there afterwards', () => {
    fc.assert(
      fc.property(steps, managers, data, (before, manager, given) => {
        const after = apply(manager, toObject(given), { live: run(before), force: true })
        expect(after['data'] ?? {}).toMatchObject(given)
      }),
    )
  })

  it('an apply that is not forced changes no field of another, or is refused', () => {
    fc.assert(
      fc.property(steps, managers, data, (before, manager, given) => {
        const live = run(before)
        const outcome = applyFields({
          live,
          applied: toObject(given),
          manager,
          force: false,
          time: 't',
        })
        if (!outcome.ok) return
        for (const entry of live.metadata.managedFields ?? []) {
          if (entry.manager === manager && entry.operation === 'Apply') continue
          const after = outcome.value.metadata.managedFields?.find(
            (other) => other.manager === entry.manager && other.operation === entry.operation,
          )
          expect(after?.fieldsV1).toEqual(entry.fieldsV1)
        }
      }),
    )
  })

  it('an object that every applier has let go of is empty, when nobody else wrote to it', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const applied = run(all.map((step) => ({ ...step, isUpdate: false })))
        const left = ['a', 'b', 'c'].reduce(
          (live, manager) => apply(manager, { ...NEWBORN }, { live, force: true }),
          applied,
        )
        expect(ownedPart(left)).toEqual({})
      }),
    )
  })
})
