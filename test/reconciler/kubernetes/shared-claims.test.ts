/** What is shared between objects, and that nothing of them changes by it. */
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { SharedClaims } from '../../../src/reconciler/kubernetes/shared-claims.ts'
import { aConfigMap, CONFIG_MAP } from '../../support/cluster-objects.ts'
import { watching } from '../../support/fake-api-server.ts'
import { aKubernetesWorld, listed, until } from '../../support/kubernetes-world.ts'

/** As it comes from the API server: parsed anew, and nothing shared. */
function anObject(name: string, field = 'f:data'): KubernetesObject {
  const entry = { manager: 'git', operation: 'Apply', fieldsV1: { [field]: { 'f:a': {} } } }
  const object = aConfigMap(name, { a: '1' })
  const text = JSON.stringify({
    ...object,
    metadata: { ...object.metadata, resourceVersion: '5', managedFields: [entry] },
  })
  return JSON.parse(text) as KubernetesObject
}

function claimsOf(object: KubernetesObject | undefined): unknown {
  return object?.metadata.managedFields?.[0]?.fieldsV1
}

it('keeps one copy of the claims that many objects have', () => {
  const claims = new SharedClaims()
  const [a, b] = [claims.share(anObject('a')), claims.share(anObject('b'))]
  expect(claimsOf(a)).toBe(claimsOf(b))
  expect([a, b]).toEqual([anObject('a'), anObject('b')])
})

it('keeps claims apart that differ, and objects without any as they are', () => {
  const claims = new SharedClaims()
  claims.share(anObject('a'))
  const other = claims.share(anObject('b', 'f:binaryData'))
  expect(other).toEqual(anObject('b', 'f:binaryData'))
  const bare = aConfigMap('c')
  expect(claims.share(bare)).toBe(bare)
})

it('shares again after so many different ones that it begins anew', () => {
  const claims = new SharedClaims()
  for (let at = 0; at < 2_500; at++) claims.share(anObject('a', `f:field-${at}`))
  expect(claimsOf(claims.share(anObject('a')))).toBe(claimsOf(claims.share(anObject('b'))))
})

it('shares between the list and the watch of the Kubernetes adapter', async () => {
  const { cluster } = await aKubernetesWorld(
    listed('5', [anObject('a')]),
    watching({ type: 'ADDED', object: anObject('b') }),
  )
  const { items } = await cluster.list(CONFIG_MAP)
  const stop = new AbortController()
  const seen: KubernetesObject[] = []
  const following = (async () => {
    const events = cluster.watch(CONFIG_MAP, { resourceVersion: '5', signal: stop.signal })
    for await (const event of events) if (event.type !== 'bookmark') seen.push(event.object)
  })()
  await until(() => seen.length === 1)
  expect(seen[0]).toEqual(anObject('b'))
  expect(claimsOf(seen[0])).toBe(claimsOf(items[0]))
  stop.abort()
  await following
})
