import { describe, expect, it } from 'vitest'
import {
  INSTALLED_BY,
  keepChoices,
  toInstallObjects,
} from '../../../src/cli/install/install-objects.ts'
import { readManifests } from '../../../src/cli/install/manifests.ts'
import { readVersion } from '../../../src/cli/version.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'

const manifests = await readManifests()

interface Deployment {
  readonly replicas: number
  readonly template: {
    readonly spec: { readonly containers: readonly { readonly image: string }[] }
  }
}

function specOf(objects: readonly KubernetesObject[], kind: string): unknown {
  return objects.find((object) => object.kind === kind)?.['spec']
}

function deploymentOf(objects: readonly KubernetesObject[]): readonly [number, string | undefined] {
  const { replicas, template } = specOf(objects, 'Deployment') as Deployment
  return [replicas, template.spec.containers[0]?.image]
}

describe('what plumb install applies', () => {
  it('is the kustomize base, whose image is of this version of the program', () => {
    expect(deploymentOf(toInstallObjects(manifests, {}))).toEqual([2, `plumbline:${readVersion()}`])
  })

  it('begins with the namespace, and has every definition before the rights that name them', () => {
    const kinds = toInstallObjects(manifests, {}).map(({ kind }) => kind)
    expect(kinds[0]).toBe('Namespace')
    expect(kinds.lastIndexOf('CustomResourceDefinition')).toBeLessThan(kinds.indexOf('ClusterRole'))
    expect(kinds.indexOf('RoleBinding')).toBeLessThan(kinds.indexOf('Deployment'))
  })

  it('carries its mark, but for the definitions, which outlive an installation', () => {
    for (const { kind, metadata } of toInstallObjects(manifests, {}))
      if (kind === 'CustomResourceDefinition')
        expect(metadata.labels).toEqual({ 'app.kubernetes.io/managed-by': 'plumbline' })
      else expect(metadata.labels).toMatchObject(INSTALLED_BY)
  })

  it('has the replicas and the image that are asked for', () => {
    const objects = toInstallObjects(manifests, { replicas: 3, image: 'mirror/plumbline:next' })
    expect(deploymentOf(objects)).toEqual([3, 'mirror/plumbline:next'])
  })

  it('keeps the replicas and the image of an installation that no flag speaks of', () => {
    const live = toInstallObjects(manifests, { replicas: 5, image: 'mirror/plumbline:next' })
    expect(keepChoices({}, live)).toEqual({ replicas: 5, image: 'mirror/plumbline:next' })
    expect(keepChoices({ replicas: 2 }, live)).toMatchObject({ replicas: 2 })
    expect(keepChoices({}, [])).toEqual({})
  })

  it('lets the node of a single replica be drained', () => {
    const budget = (replicas: number) =>
      specOf(toInstallObjects(manifests, { replicas }), 'PodDisruptionBudget')
    expect(budget(1)).toMatchObject({ minAvailable: 0 })
    expect(budget(2)).toMatchObject({ minAvailable: 1 })
  })

  it('ends with the repository to follow, in the namespace where it is obeyed', () => {
    const repository = { name: 'mesh', url: 'https://git.example.com/mesh.git', ref: 'main' }
    const { name: _, ...spec } = repository
    expect(toInstallObjects(manifests, { repository }).at(-1)).toEqual({
      apiVersion: 'plumbline.dev/v1alpha1',
      kind: 'MeshRepository',
      metadata: { name: 'mesh', namespace: 'plumbline-system' },
      spec,
    })
  })
})
