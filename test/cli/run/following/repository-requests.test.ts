import { describe, expect, it } from 'vitest'
import { repositoryRequests } from '../../../../src/cli/run/following/repository-requests.ts'
import type { Instant } from '../../../../src/model/clock.ts'
import { err, ok, type Result } from '../../../../src/model/result.ts'
import type { FollowedRepository } from '../../../../src/reconciler/repositories/mesh-repository-watch.ts'
import type { RepositorySpec } from '../../../../src/reconciler/repositories/repository-spec.ts'
import { aMeshRepository } from '../../../support/control-cluster.ts'
import { aSpec } from '../../../support/repository-states.ts'

const NOBODY = { hasAccounts: true, running: () => undefined }

function followed(
  name: string,
  spec: Partial<RepositorySpec> | readonly string[],
  createdAt = 0,
): readonly [string, FollowedRepository] {
  const read: Result<RepositorySpec, readonly string[]> = Array.isArray(spec)
    ? err(spec as readonly string[])
    : ok(aSpec({ name, ...spec }))
  const object = aMeshRepository()
  const rest = { generation: 3, requestedAt: 'now', isBeingDeleted: false }
  return [name, { object, uid: name, createdAt: createdAt as Instant, spec: read, ...rest }]
}

function reasons(requests: ReturnType<typeof repositoryRequests>) {
  return Object.fromEntries(
    [...requests].map(([name, one]) => [name, one.type === 'asked' ? 'asked' : one.refused.reason]),
  )
}

describe('what MeshRepositories ask for', () => {
  it('is asked with generation and request', () => {
    const requests = repositoryRequests(new Map([followed('books', {})]), NOBODY)
    expect(requests.get('books')).toMatchObject({
      type: 'asked',
      asked: { generation: 3, requestedAt: 'now', spec: { name: 'books' } },
    })
  })

  it('is refused with what to mend where it is wrong', () => {
    const all = new Map([
      followed('typo', ['spec.url is missing']),
      followed('older', { namespaces: ['shop'] }, 1),
      followed('younger', { namespaces: ['shop'] }, 2),
      followed('egg', { namespaces: ['a'], dependsOn: ['hen'] }),
      followed('hen', { namespaces: ['b'], dependsOn: ['egg'] }),
    ])
    expect(reasons(repositoryRequests(all, NOBODY))).toEqual({
      ...{ typo: 'InvalidSpec', older: 'asked', younger: 'ScopeOverlap' },
      ...{ egg: 'DependencyCycle', hen: 'DependencyCycle' },
    })
  })

  it('takes nothing from one that runs while its MeshRepository is wrong', () => {
    const all = new Map([
      followed('books', ['spec.interval is "soon"'], 1),
      followed('rival', { namespaces: ['shop'] }, 2),
    ])
    const running = (name: string) =>
      name === 'books' ? aSpec({ namespaces: ['shop'], name }) : undefined
    expect(reasons(repositoryRequests(all, { hasAccounts: true, running }))['rival']).toBe(
      'ScopeOverlap',
    )
    expect(reasons(repositoryRequests(all, NOBODY))['rival']).toBe('asked')
  })

  it('names no account where the cluster has none', () => {
    const all = new Map([followed('books', { serviceAccount: 'team' })])
    expect(reasons(repositoryRequests(all, NOBODY))).toEqual({ books: 'asked' })
    const refused = repositoryRequests(all, { ...NOBODY, hasAccounts: false }).get('books')
    expect(refused).toMatchObject({
      refused: { errors: [expect.stringContaining('spec.serviceAccountName is team')] },
    })
  })
})
