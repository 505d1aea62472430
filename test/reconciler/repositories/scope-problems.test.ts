import { describe, expect, it } from 'vitest'
import { scopeProblems } from '../../../src/reconciler/repositories/scope-problems.ts'
import { compileValid } from '../../support/policy-files.ts'

const FILES = {
  'shop.yaml': `apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    openservicemesh.io/monitored-by: osm
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata:
  name: any
  namespace: bank
spec: {}
`,
}

describe('the scope of a MeshRepository', () => {
  const intent = compileValid(FILES)

  it('is everything where it names no namespaces', () => {
    expect(scopeProblems(intent, { name: 'team', namespaces: undefined })).toEqual([])
  })

  it('covers objects in its namespaces, and the namespaces themselves', () => {
    expect(scopeProblems(intent, { name: 'team', namespaces: ['shop', 'bank'] })).toEqual([])
  })

  it('makes a problem of every object outside, at its place', () => {
    const problems = scopeProblems(intent, { name: 'team', namespaces: ['other'] })
    expect(problems.map(({ location, message }) => [location.line, message])).toEqual(
      expect.arrayContaining([
        [1, 'the MeshRepository team does not let this repository touch the namespace shop'],
        [8, 'the MeshRepository team does not let this repository touch the namespace bank'],
      ]),
    )
    expect(problems).toHaveLength(2)
    expect(problems[0]).toMatchObject({ code: 'PLB0306', severity: 'error' })
  })

  it('is exact: a namespace of a longer name is another', () => {
    expect(scopeProblems(intent, { name: 'team', namespaces: ['shop', 'bank-2'] })).toHaveLength(1)
  })
})
