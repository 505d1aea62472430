import { describe, expect, it } from 'vitest'
import type { Installation } from '../../../src/cli/install/find-installation.ts'
import { planUninstall } from '../../../src/cli/install/uninstall-plan.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'

const NONE = { crds: false, root: false }

function anObject(kind: string, name: string): KubernetesObject {
  return { apiVersion: 'v1', kind, metadata: { name } }
}

const WHOLE: Installation = {
  marked: [anObject('Deployment', 'plumbline-controller'), anObject('ServiceAccount', 'plumbline')],
  definitions: [anObject('CustomResourceDefinition', 'traffictargets.access.smi-spec.io')],
  policyObjects: 40,
  repositories: [anObject('MeshRepository', 'mesh')],
  root: anObject('Secret', 'osm-ca-bundle'),
  namespace: anObject('Namespace', 'plumbline-system'),
}

function removed(choices: typeof NONE, found: Installation = WHOLE): readonly string[] {
  return planUninstall(found, choices).remove.map(({ kind }) => kind)
}

function left(choices: typeof NONE, found: Installation = WHOLE): string {
  return planUninstall(found, choices)
    .leave.map(({ what, remove }) => `${what}: ${remove}`)
    .join('\n')
}

describe('an uninstallation', () => {
  it('removes what install made, in the order it was found in, and nothing else', () => {
    expect(removed(NONE)).toEqual(['Deployment', 'ServiceAccount'])
  })

  it('leaves policies, what is followed, the root and the namespace, and says how each is removed', () => {
    const said = left(NONE)
    expect(said).toContain('1 definition with 40 policy objects: plumb uninstall --crds')
    expect(said).toContain('1 MeshRepository,')
    expect(said).toContain('kubectl delete meshrepositories --all -n plumbline-system')
    expect(said).toContain("the mesh's root, which every proxy trusts: plumb uninstall --root")
    expect(said).toContain('kubectl delete namespace plumbline-system')
  })

  it('removes the definitions only when that is said', () => {
    expect(removed({ ...NONE, crds: true })).toContain('CustomResourceDefinition')
    expect(left({ ...NONE, crds: true })).not.toContain('polic')
  })

  it('removes the root only when that is said, and after the control plane that signs with it', () => {
    expect(removed({ ...NONE, root: true })).toEqual(['Deployment', 'ServiceAccount', 'Secret'])
    expect(left({ ...NONE, root: true })).not.toContain('--root')
  })

  it('speaks of nothing that is not there', () => {
    const empty: Installation = {
      ...{ marked: [], definitions: [], policyObjects: 0, repositories: [] },
      ...{ root: undefined, namespace: undefined },
    }
    expect(planUninstall(empty, { crds: true, root: true })).toEqual({ remove: [], leave: [] })
  })
})
