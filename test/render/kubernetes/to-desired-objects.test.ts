/** What is applied for a commit. */
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { toObjectId } from '../../../src/model/object-id.ts'
import type { DeclaredObject } from '../../../src/policy/intent.ts'
import { toDesiredObjects } from '../../../src/render/kubernetes/to-desired-objects.ts'
import { aLocation, anIntent } from '../../support/intent-builders.ts'

function declared(object: KubernetesObject): DeclaredObject {
  return { id: toObjectId(object), object, location: aLocation('mesh.yaml', 3) }
}

function desired(object: KubernetesObject): KubernetesObject | undefined {
  return toDesiredObjects({ ...anIntent(), objects: [declared(object)] })[0]?.object
}

it('sets of a Namespace its enrollment alone', () => {
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: 'bookstore',
      labels: { 'openservicemesh.io/monitored-by': 'plumbline', team: 'books' },
      annotations: {
        'openservicemesh.io/sidecar-injection': 'enabled',
        'openservicemesh.io/metrics': 'enabled',
        note: 'ours',
      },
      finalizers: ['kubernetes'],
    },
    spec: { finalizers: ['kubernetes'] },
  }
  expect(desired(namespace)).toEqual({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: 'bookstore',
      labels: { 'openservicemesh.io/monitored-by': 'plumbline' },
      annotations: {
        'openservicemesh.io/sidecar-injection': 'enabled',
        'openservicemesh.io/metrics': 'enabled',
      },
    },
  })
})

it('sets of a Namespace that says nothing of the mesh no label at all', () => {
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'plain', labels: { a: 'b' } },
  }
  expect(desired(namespace)).toEqual({ ...namespace, metadata: { name: 'plain' } })
})

it('applies any other object whole, without what the API server sets', () => {
  const split = {
    apiVersion: 'split.smi-spec.io/v1alpha4',
    kind: 'TrafficSplit',
    metadata: {
      name: 'bookstore',
      namespace: 'bookstore',
      labels: { team: 'books' },
      annotations: {},
      uid: '7d3f',
      resourceVersion: '12',
    },
    spec: { service: 'bookstore', backends: [] },
    status: { observed: true },
  }
  expect(desired(split)).toEqual({
    apiVersion: 'split.smi-spec.io/v1alpha4',
    kind: 'TrafficSplit',
    metadata: { name: 'bookstore', namespace: 'bookstore', labels: { team: 'books' } },
    spec: { service: 'bookstore', backends: [] },
  })
})

it('keeps the order of the Intent, and says where each object was written', () => {
  const names = ['b', 'a', 'c']
  const objects = names.map((name) =>
    declared({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  )
  const all = toDesiredObjects({ ...anIntent(), objects })
  expect(all.map(({ id, location }) => [id.name, location.line])).toEqual([
    ['b', 3],
    ['a', 3],
    ['c', 3],
  ])
})
