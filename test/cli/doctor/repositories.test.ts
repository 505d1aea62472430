import { describe, expect, it } from 'vitest'
import { judgeRepositories } from '../../../src/cli/doctor/repositories.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { aCondition, aMeshRepository, aStatus, FIRST } from '../../support/mesh-repositories.ts'

interface Choices {
  readonly namespace?: string
  readonly ready?: 'True' | 'False' | 'Unknown'
  readonly observed?: number
  readonly suspend?: boolean
}

function aRepository(choices: Choices = {}): KubernetesObject {
  const { namespace = 'plumbline-system', ready = 'True', observed = 1, suspend = false } = choices
  const condition = aCondition({
    ...{ status: ready, observedGeneration: observed },
    reason: ready === 'True' ? 'Enforced' : 'InvalidCommit',
    message: ready === 'True' ? 'enforced by 3 proxies' : '2 problems in bookstore/access.yaml',
  })
  const object = aMeshRepository('mesh', { suspend })
  return {
    ...object,
    metadata: { ...object.metadata, namespace, generation: 1 },
    status: aStatus(FIRST, { observedGeneration: observed, conditions: [condition] }),
  }
}

describe('repositories', () => {
  it('are well when they are Ready', () => {
    expect(judgeRepositories([aRepository()])).toEqual([
      { name: 'repository mesh', status: 'ok', found: 'enforced by 3 proxies' },
    ])
  })

  it('fail when they are not, with the reason', () => {
    expect(judgeRepositories([aRepository({ ready: 'False' })])).toMatchObject([
      { status: 'fail', found: 'InvalidCommit: 2 problems in bookstore/access.yaml' },
    ])
  })

  it.each([
    ['nobody knows yet', { ready: 'Unknown' }],
    ['nobody has looked since the change', { observed: 0 }],
    ['they are suspended', { suspend: true }],
  ] as const)('warn while %s', (_, choices) => {
    expect(judgeRepositories([aRepository(choices)])).toMatchObject([{ status: 'warn' }])
  })

  it('warn when there is none', () => {
    expect(judgeRepositories([])).toMatchObject([{ name: 'repositories', status: 'warn' }])
  })

  it('warn of one that nobody obeys, because of where it is', () => {
    const checks = judgeRepositories([aRepository(), aRepository({ namespace: 'team-a' })])
    expect(checks.map(({ name, status }) => [name, status])).toEqual([
      ['repository mesh', 'ok'],
      ['repository team-a/mesh', 'warn'],
    ])
  })
})
