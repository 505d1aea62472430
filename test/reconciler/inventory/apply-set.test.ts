/** The repository's set as KEP-3659 has it. What kubectl makes of it is in test/real/kubernetes-apply.test.ts. */
import { expect, it } from 'vitest'
import { toObjectKey } from '../../../src/model/object-id.ts'
import {
  asMember,
  parentMetadata,
  toApplySet,
} from '../../../src/reconciler/inventory/apply-set.ts'
import { EMPTY_INVENTORY } from '../../../src/reconciler/inventory/inventory.ts'
import {
  InventoryStore,
  inventoryHeadId,
} from '../../../src/reconciler/inventory/inventory-store.ts'
import { idOf } from '../../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import { anEnrolledNamespace, aRouteGroup, aTrafficTarget } from '../../support/policy-objects.ts'
import { RecordingCluster } from '../../support/recording-cluster.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

const SET = toApplySet(inventoryHeadId('plumbline-system', 'policies'))
const ANNOTATION = 'applyset.kubernetes.io'

it('has the id that every tool works out from its parent', () => {
  // base64url(sha256("plumbline-inventory-policies.plumbline-system.ConfigMap."))
  expect(SET.id).toBe('applyset-FCtgBJluNz8ZOb3CtmyIsMc8BSLBop4Q_dHsiDxCMPQ-v1')
  expect(toApplySet(inventoryHeadId('plumbline-system', 'other')).id).not.toBe(SET.id)
})

it('labels its members, and never a namespace', () => {
  const member = asMember(aTrafficTarget('buy'), SET)
  expect(member.metadata.labels).toEqual({ [`${ANNOTATION}/part-of`]: SET.id })
  expect(asMember(anEnrolledNamespace('bookstore'), SET)).toEqual(anEnrolledNamespace('bookstore'))
})

it('says on its parent which kinds are in it and where, in the same order always', () => {
  const members = [
    aTrafficTarget('buy', [], { namespace: 'b' }),
    aRouteGroup('r', '/', { namespace: 'a' }),
    aRouteGroup('r', '/', { namespace: 'plumbline-system' }),
    anEnrolledNamespace('c'),
  ].map(idOf)
  const expected = {
    labels: { [`${ANNOTATION}/id`]: SET.id },
    annotations: {
      [`${ANNOTATION}/tooling`]: 'plumbline/v1',
      [`${ANNOTATION}/contains-group-kinds`]:
        'HTTPRouteGroup.specs.smi-spec.io,TrafficTarget.access.smi-spec.io',
      [`${ANNOTATION}/additional-namespaces`]: 'a,b',
    },
  }
  expect(parentMetadata(SET, members)).toEqual(expected)
  expect(parentMetadata(SET, members.toReversed())).toEqual(expected)
})

it('does not name more namespaces than an object may have annotations', () => {
  const members = Array.from({ length: 5_000 }, (_, i) =>
    idOf(aRouteGroup('r', '/', { namespace: `namespace-with-a-long-name-${i}` })),
  )
  const { annotations } = parentMetadata(SET, members)
  expect(Buffer.byteLength(JSON.stringify(annotations))).toBeLessThan(128 * 1024)
})

it('is on the head of the inventory before any member is there, and written only when it changes', async () => {
  const cluster = new RecordingCluster(await anEmbeddedCluster())
  const options = { cluster, namespace: 'default', repository: 'policies' }
  const store = new InventoryStore({ ...options, log: new RecordingLogger() })
  await store.load()
  const entry = { id: idOf(aTrafficTarget('buy')) }
  const inventory = { ...EMPTY_INVENTORY, entries: new Map([[toObjectKey(entry.id), entry]]) }
  await store.save(inventory)
  const head = await cluster.get(inventoryHeadId('default', 'policies'))
  expect(head?.metadata).toMatchObject(
    parentMetadata(toApplySet(inventoryHeadId('default', 'policies')), [entry.id]),
  )
  cluster.calls = []
  await store.save(inventory)
  expect(cluster.calls).toEqual([])
  const route = { id: idOf(aRouteGroup('r')) }
  await store.save({
    ...inventory,
    entries: new Map([...inventory.entries, [toObjectKey(route.id), route]]),
  })
  expect(cluster.calls).toEqual([
    'update ConfigMap default/plumbline-inventory-policies.1.0',
    'update ConfigMap default/plumbline-inventory-policies',
  ])
})
