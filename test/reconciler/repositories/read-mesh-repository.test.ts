/** What a MeshRepository asks, and what its author is told when it cannot be read. */
import { describe, expect, it } from 'vitest'
import {
  type ReadingOptions,
  readMeshRepository,
} from '../../../src/reconciler/repositories/read-mesh-repository.ts'
import type { RepositorySpec } from '../../../src/reconciler/repositories/repository-spec.ts'
import { aMeshRepository, POLICIES_URL } from '../../support/control-cluster.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)

function read(spec: Readonly<Record<string, unknown>>, options?: ReadingOptions): RepositorySpec {
  const result = readMeshRepository(aMeshRepository(spec), options)
  if (!result.ok) throw new Error(result.error.join('\n'))
  return result.value
}

function errorsOf(
  spec: Readonly<Record<string, unknown>>,
  options?: ReadingOptions,
): readonly string[] {
  const result = readMeshRepository(aMeshRepository(spec), options)
  return result.ok ? [] : result.error
}

it('asks for all of the branch main every thirty seconds when nothing but the URL is written', () => {
  expect(read({})).toEqual({
    name: 'policies',
    url: POLICIES_URL,
    ref: 'main',
    path: '',
    schedule: { type: 'every', intervalMs: 30_000 },
    timeoutMs: 60_000,
    credentialsSecret: undefined,
    namespaces: undefined,
    prune: 'enabled',
    pruneLimits: { objects: 10, share: 0.25, free: 3 },
    drift: 'correct',
    suspend: false,
    createNamespaces: true,
    serviceAccount: undefined,
    dependsOn: [],
    pin: undefined,
  })
})

it('reads every field', () => {
  const spec = read({
    ref: 'refs/heads/production',
    path: './policies//prod/',
    interval: '1h30m',
    timeout: '2m',
    secretRef: { name: 'git' },
    namespaces: ['shop', 'bank', 'shop'],
    prune: { enabled: false, limit: { objects: 40, percent: 50 } },
    drift: { mode: 'report' },
    suspend: true,
    createNamespaces: false,
    serviceAccountName: 'policies',
    dependsOn: [{ name: 'roots' }, { name: 'roots' }],
    pin: { commit: A, insteadOf: B, reason: 'the split', expiresAt: '2026-11-30T18:00:00+01:00' },
  })
  expect(spec).toMatchObject({
    ref: 'refs/heads/production',
    path: 'policies/prod',
    schedule: { type: 'every', intervalMs: 5_400_000 },
    timeoutMs: 120_000,
    credentialsSecret: 'git',
    namespaces: ['bank', 'shop'],
    prune: 'disabled',
    pruneLimits: { objects: 40, share: 0.5, free: 3 },
    drift: 'report',
    suspend: true,
    createNamespaces: false,
    serviceAccount: 'policies',
    dependsOn: ['roots'],
    pin: {
      commit: A,
      insteadOf: B,
      reason: 'the split',
      expiresAt: Date.UTC(2026, 10, 30, 17),
    },
  })
})

it('takes a cron expression for a schedule, and null for nothing', () => {
  expect(read({ schedule: '*/5 * * * *', interval: null, pin: null }).schedule).toEqual({
    type: 'cron',
    expression: '*/5 * * * *',
  })
})

it('lets tests and developers read over http from the loopback, and from nowhere else', () => {
  for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:8080'])
    expect(read({ url: `http://${host}/mesh.git` }).url).toBe(`http://${host}/mesh.git`)
  for (const host of ['git.example.com', '127.0.0.1.example.com', 'localhost.example.com'])
    expect(errorsOf({ url: `http://${host}/mesh.git` })).toEqual([
      `spec.url is http://${host}/mesh.git, and http: lets anybody on the way change the policies; write https://, or an address of the loopback`,
    ])
})

it('reads a folder of the machine only where there is one', () => {
  expect(read({ url: 'file:///srv/mesh' }, { localRepositories: true }).url).toBe('/srv/mesh')
  for (const url of ['file:///srv/mesh', '/srv/mesh', '../mesh'])
    expect(errorsOf({ url })).toEqual([
      `spec.url is "${url}", and a cluster has no folders; write the https:// address of the repository`,
    ])
})

it('never repeats a password of the URL', () => {
  const [error, ...more] = errorsOf({ url: 'https://git:hunter2@git.example.com/mesh.git' })
  expect(more).toEqual([])
  expect(error).toContain('carries a user name or a password')
  expect(error).not.toContain('hunter2')
})

it('tells all mistakes at once', () => {
  expect(
    errorsOf({ url: undefined, ref: 'a b', suspend: 'yes', drift: { mode: 'off' } }).map(
      (error) => error.split(' ')[0],
    ),
  ).toEqual(['spec.url', 'spec.ref', 'spec.drift.mode', 'spec.suspend'])
})

describe('says what was found, where, and how to mend it:', () => {
  const CASES: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ['no URL', { url: null }, 'spec.url is missing; write the https:// address of the repository'],
    ['an empty ref', { ref: '' }, 'spec.ref is ""; write text that is not empty'],
    ['SSH', { url: 'git@example.com:mesh.git' }, 'the https:// address of the repository'],
    ['a path that climbs', { path: 'a/../../b' }, 'spec.path is "a/../../b", and has ..;'],
    [
      'both an interval and a schedule',
      { interval: '1m', schedule: '@hourly' },
      'spec.interval is written, and spec.schedule as well; keep one of them',
    ],
    ['a cron expression as interval', { interval: '* * * * *' }, 'such as 30s, 5m or 1h30m'],
    ['an interval of nothing', { interval: '10ms' }, 'spec.interval is "10ms"; write a span from'],
    ['a schedule that never comes', { schedule: '0 0 30 2 *' }, 'spec.schedule cannot be used:'],
    ['a timeout of hours', { timeout: '2h' }, 'spec.timeout is "2h"; write at most 1h'],
    [
      'a Secret without a name',
      { secretRef: {} },
      'spec.secretRef.name is missing; write the name of the Secret',
    ],
    ['a Secret that cannot be', { secretRef: { name: 'A b' } }, 'which names no Secret'],
    ['no namespaces', { namespaces: [] }, 'spec.namespaces is an empty list; name the namespaces'],
    ['no namespace name', { namespaces: ['Shop'] }, 'spec.namespaces has "Shop", which names no'],
    ['a namespace for a list', { namespaces: 'shop' }, 'spec.namespaces is "shop"; write a list'],
    [
      'a share beyond all',
      { prune: { limit: { percent: 250 } } },
      'spec.prune.limit.percent is 250; write a whole number from 0 to 100',
    ],
    [
      'an unknown field',
      { prune: { enable: true } },
      'spec.prune.enable is no field of a MeshRepository; write enabled',
    ],
    [
      'a field of another tool',
      { kustomize: true },
      'spec.kustomize is no field of a MeshRepository; use url, ref, path,',
    ],
    ['a mapping for a flag', { suspend: {} }, 'spec.suspend is a mapping; write true or false'],
    ['a list for a mapping', { prune: [1] }, 'spec.prune is a list; write a mapping'],
    ['itself', { dependsOn: [{ name: 'policies' }] }, 'spec.dependsOn names the repository itself'],
    ['no name', { dependsOn: [{}] }, 'spec.dependsOn[0].name is missing; write the name of the'],
    [
      'a short SHA',
      { pin: { commit: 'abc123', insteadOf: B } },
      'spec.pin.commit is "abc123"; write all 40 digits of a commit, in lowercase',
    ],
    ['a pin over nothing', { pin: { commit: A } }, 'spec.pin.insteadOf is missing; write all 40'],
    [
      'a moment without a time',
      { pin: { commit: A, insteadOf: B, expiresAt: '2026-11-30' } },
      'spec.pin.expiresAt is "2026-11-30"; write a moment such as 2026-11-30T18:00:00Z',
    ],
    [
      'a moment that never is',
      { pin: { commit: A, insteadOf: B, expiresAt: '2026-13-30T18:00:00Z' } },
      'spec.pin.expiresAt is "2026-13-30T18:00:00Z"',
    ],
    ['a bad account', { serviceAccountName: 'system:admin' }, 'which names no ServiceAccount'],
  ]
  it.each(CASES)('%s', (_what, spec, sentence) => {
    const errors = errorsOf(spec)
    expect(errors.length).toBe(1)
    expect(errors[0]).toContain(sentence)
  })

  it('no spec at all', () => {
    const { spec, ...bare } = aMeshRepository()
    const result = readMeshRepository(bare)
    expect(result).toEqual({
      ok: false,
      error: [
        'spec is missing; write a mapping',
        'spec.url is missing; write the https:// address of the repository',
      ],
    })
  })

  it('a name too long for a label', () => {
    const result = readMeshRepository(aMeshRepository({}, { name: 'a'.repeat(64) }))
    expect(result.ok ? [] : result.error).toEqual([
      'metadata.name has 64 characters, and owner marks carry it as a label value; use at most 63',
    ])
  })
})

it('keeps a long value out of the error', () => {
  const [error = ''] = errorsOf({ suspend: 'x'.repeat(10_000) })
  expect(error.length).toBeLessThan(200)
})
