import { describe, expect, it } from 'vitest'
import { installRights, neededRights, printRight } from '../../../src/cli/doctor/needed-rights.ts'
import { judgeRights } from '../../../src/cli/doctor/rights.ts'
import { readManifests } from '../../../src/cli/install/manifests.ts'
import { customResourceDefinitions } from '../../../src/render/kubernetes/crds/custom-resource-definitions.ts'

const manifests = await readManifests()
const needed = neededRights(manifests).map(printRight)

interface Definition {
  readonly group: string
  readonly names: { readonly plural: string }
}

describe('the rights that are shipped', () => {
  it('name every kind of policy that is defined, and no other', () => {
    const kinds = customResourceDefinitions()
      .map((definition) => definition['spec'] as Definition)
      .map(({ group, names }) => `list ${names.plural}.${group}`)
    const policy = needed.filter((right) =>
      /^list .*(smi-spec\.io|openservicemesh\.io|plumbline\.dev)/.test(right),
    )
    expect(new Set([...kinds, 'list meshrepositories.plumbline.dev'])).toEqual(new Set(policy))
  })

  it('let it change its own definitions by name, and no other', () => {
    const names = customResourceDefinitions().map(({ metadata }) => metadata.name)
    const patched = needed.filter((right) => right.startsWith('patch customresourcedefinitions'))
    const prefix = 'patch customresourcedefinitions.apiextensions.k8s.io '
    expect(patched.every((right) => right.startsWith(prefix))).toBe(true)
    expect(new Set([...names, 'meshrepositories.plumbline.dev'])).toEqual(
      new Set(patched.map((right) => right.slice(prefix.length))),
    )
  })

  it('never list Secrets, delete namespaces, or raise themselves', () => {
    expect(needed.filter((right) => /secrets/.test(right))).toEqual([
      'get secrets in plumbline-system',
      'create secrets in plumbline-system',
    ])
    expect(
      needed.filter((right) => /^(escalate|bind|impersonate|delete namespaces)/.test(right)),
    ).toEqual([])
    expect(needed.filter((right) => right.includes('*'))).toEqual([])
  })
})

describe('rights', () => {
  it('are printed as kubectl auth can-i takes them', () => {
    const status = { group: 'plumbline.dev', resource: 'meshrepositories', subresource: 'status' }
    expect(printRight({ verb: 'patch', ...status, namespace: 'plumbline-system' })).toBe(
      'patch meshrepositories/status.plumbline.dev in plumbline-system',
    )
  })

  it('to install are asked for once a kind and place', () => {
    const rights = installRights(manifests, (kind) => `${kind.toLowerCase()}s`).map(printRight)
    expect(new Set(rights).size).toBe(rights.length)
    expect(rights).toContain('patch deployments.apps in plumbline-system')
    expect(rights).toContain('create customresourcedefinitions.apiextensions.k8s.io')
  })

  it('that are missing are named, the first few', () => {
    const missing = neededRights(manifests).slice(0, 7)
    const check = judgeRights('rights', missing, { total: 155, fix: 'x' })
    expect(check).toMatchObject({ status: 'fail' })
    expect(check.found).toContain('7 of 155 are missing: get namespaces, ')
    expect(check.found).toContain('and 2 more')
    expect(judgeRights('rights', [], { total: 155, fix: 'x' }).status).toBe('ok')
  })
})
