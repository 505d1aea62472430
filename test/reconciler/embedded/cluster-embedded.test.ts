/** What the embedded cluster promises beyond the port: durability, one owner, and nothing half-done when the disk fails. */

import { spawnSync } from 'node:child_process'
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { ApplyOptions } from '../../../src/reconciler/cluster.ts'
import { NOT_STORED } from '../../../src/reconciler/cluster.ts'
import { aTestProcess } from '../../support/child-process.ts'
import { aConfigMap, aNamespace, CONFIG_MAP, idOf, SPLIT } from '../../support/cluster-objects.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const PROGRAM = join(import.meta.dirname, 'apply-for-ever.ts')
const asGit: ApplyOptions = { fieldManager: 'git', force: false, dryRun: false }

it('is after a restart what it was before, and its versions go on', async () => {
  const directory = await temporaryDirectory()
  const first = await anEmbeddedCluster({ directory })
  const kept = await first.apply(aConfigMap('kept', { a: '1' }), asGit)
  await first.apply(aConfigMap('gone'), asGit)
  await first.delete(idOf(aConfigMap('gone')))
  await first.close()
  const second = await anEmbeddedCluster({ directory })
  const { items, resourceVersion } = await second.list(CONFIG_MAP)
  expect(items).toEqual([kept])
  const next = await second.apply(aConfigMap('next'), asGit)
  expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(resourceVersion))
})

it('makes the directory private, even one that was there with open modes', async () => {
  const directory = join(await temporaryDirectory(), 'state')
  await mkdir(directory)
  await chmod(directory, 0o755)
  await anEmbeddedCluster({ directory })
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
})

it('says Expired to watches from before a restart', async () => {
  const directory = await temporaryDirectory()
  const first = await anEmbeddedCluster({ directory })
  const { resourceVersion } = await first.list(SPLIT)
  await first.apply(aConfigMap('m'), asGit)
  await first.close()
  const second = await anEmbeddedCluster({ directory })
  const watch = second.watch(SPLIT, { resourceVersion, signal: AbortSignal.timeout(5_000) })
  await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'Expired' })
})

it('ends watches when it is closed, and answers nothing any more', async () => {
  const cluster = await anEmbeddedCluster()
  const { resourceVersion } = await cluster.list(SPLIT)
  const watch = cluster.watch(SPLIT, { resourceVersion, signal: AbortSignal.timeout(5_000) })
  const next = watch[Symbol.asyncIterator]().next()
  const refusal = expect(next).rejects.toMatchObject({ code: 'Unavailable' })
  await cluster.close()
  await refusal
  await expect(cluster.list(SPLIT)).rejects.toMatchObject({ code: 'Unavailable' })
  await expect(cluster.apply(aConfigMap('m'), asGit)).rejects.toMatchObject({ code: 'Unavailable' })
})

it('tells a quiet watch once a minute where it could go on', async () => {
  const clock = new FakeClock()
  const cluster = await anEmbeddedCluster({ clock })
  const { resourceVersion } = await cluster.list(SPLIT)
  const stop = new AbortController()
  const watch = cluster.watch(SPLIT, { resourceVersion, signal: stop.signal })
  const events = watch[Symbol.asyncIterator]()
  const first = events.next()
  await cluster.apply(aConfigMap('another-kind'), asGit)
  await clock.advance(60_000)
  expect(await first).toEqual({ done: false, value: { type: 'bookmark', resourceVersion } })
  const second = events.next()
  await clock.advance(60_000)
  const { metadata } = await cluster.apply(aConfigMap('another-kind'), asGit)
  expect(await second).toEqual({
    done: false,
    value: { type: 'bookmark', resourceVersion: metadata.resourceVersion },
  })
  const third = events.next()
  stop.abort()
  expect(await third).toEqual({ done: true, value: undefined })
  expect(clock.sleeping).toBe(0)
})

it('drops a watcher that falls too far behind instead of keeping changes for it', async () => {
  const cluster = await anEmbeddedCluster({ watchHistory: 10 })
  const { resourceVersion } = await cluster.list(CONFIG_MAP)
  const watch = cluster.watch(CONFIG_MAP, { resourceVersion, signal: AbortSignal.timeout(5_000) })
  const events = watch[Symbol.asyncIterator]()
  await cluster.apply(aConfigMap('m', { i: '-1' }), asGit)
  expect((await events.next()).done).toBe(false)
  for (let i = 0; i < 30; i++) await cluster.apply(aConfigMap('m', { i: `${i}` }), asGit)
  await expect(events.next()).rejects.toMatchObject({ code: 'Expired' })
})

it('deletes what is in a namespace with it, in one transaction', async () => {
  const directory = await temporaryDirectory()
  const cluster = await anEmbeddedCluster({ directory })
  await cluster.apply(aNamespace('doomed'), asGit)
  await cluster.apply(aConfigMap('in', {}, { namespace: 'doomed' }), asGit)
  await cluster.apply(aConfigMap('out'), asGit)
  await cluster.delete(idOf(aNamespace('doomed')))
  expect((await cluster.list(CONFIG_MAP)).items.map((item) => item.metadata.name)).toEqual(['out'])
})

it('keeps an object with a finalizer until the finalizer goes', async () => {
  const cluster = await anEmbeddedCluster()
  const map = aConfigMap('m')
  await cluster.create(
    { ...map, metadata: { ...map.metadata, finalizers: ['example.com/wait'] } },
    { fieldManager: 'x' },
  )
  await cluster.delete(idOf(map))
  const going = await cluster.get(idOf(map))
  expect(going?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z')
  await cluster.update(
    { ...map, metadata: { ...going?.metadata, name: 'm', finalizers: [] } },
    { fieldManager: 'x' },
  )
  expect(await cluster.get(idOf(map))).toBeUndefined()
})

it('hands out objects that nobody can write to', async () => {
  const cluster = await anEmbeddedCluster()
  const given = aConfigMap('m', { a: '1' })
  const stored = await cluster.apply(given, asGit)
  expect(() => Object.assign(stored['data'] as object, { a: '2' })).toThrow(TypeError)
  Object.assign(given['data'] as object, { a: '3' })
  expect((await cluster.get(idOf(given)))?.['data']).toEqual({ a: '1' })
})

it('lets one process have the directory, and says so to the next', async () => {
  const directory = await temporaryDirectory()
  await anEmbeddedCluster({ directory })
  await expect(anEmbeddedCluster({ directory })).rejects.toMatchObject({
    code: 'Unavailable',
    message: expect.stringContaining(`another process holds the data directory ${directory}`),
  })
})

it('takes over the directory of a process that was killed, whose paths may be long', async () => {
  const directory = join(await temporaryDirectory(), 'd'.repeat(120))
  const child = aTestProcess(PROGRAM, directory)
  expect(await child.line()).toBe('open')
  await expect(anEmbeddedCluster({ directory })).rejects.toMatchObject({ code: 'Unavailable' })
  child.kill()
  await child.remainingLines()
  const cluster = await anEmbeddedCluster({ directory })
  await cluster.apply(aConfigMap('m'), asGit)
})

it('writes nothing once another process has its lock', async () => {
  const directory = await temporaryDirectory()
  const cluster = await anEmbeddedCluster({ directory })
  await writeFile(join(directory, 'other'), '')
  spawnSync('mv', [join(directory, 'other'), join(directory, 'lock')])
  await expect(cluster.apply(aConfigMap('m'), asGit)).rejects.toMatchObject({
    code: 'Unavailable',
    message: expect.stringContaining('another process took the directory over'),
  })
})

it('loses no answered write to kill -9 at any moment', async () => {
  const directory = await temporaryDirectory()
  const answered = new Map<string, number>()
  for (let round = 0; round < 6; round++) {
    const child = aTestProcess(PROGRAM, directory, String(round))
    // Each round is killed after another number of answers, while the next writes are under way.
    for (let i = 0; i < 1 + round * 7; i++) note(answered, await child.line())
    child.kill()
    for (const line of await child.remainingLines()) note(answered, line)
    const cluster = await anEmbeddedCluster({ directory })
    const { items, resourceVersion } = await cluster.list(CONFIG_MAP)
    const stored = new Map(
      items.map(({ metadata }) => [metadata.name, Number(metadata.resourceVersion)]),
    )
    for (const [name, version] of answered)
      expect(stored.get(name), name).toBeGreaterThanOrEqual(version)
    expect(Math.max(0, ...stored.values())).toBeLessThanOrEqual(Number(resourceVersion))
    await cluster.close()
  }
  expect(answered.size).toBeGreaterThan(30)
}, 60_000)

function note(answered: Map<string, number>, line: string | undefined): void {
  const [name, version] = (line ?? 'open').split(' ')
  if (name !== undefined && version !== undefined) answered.set(name, Number(version))
}

it('keeps the state it had when the disk is full, and writes again once there is room', async (context) => {
  const directory = await temporaryDirectory()
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'plumbline-test', directory])
  if (mount.status !== 0) {
    if (process.env['CI'] !== undefined) throw new Error('CI must run this test as root')
    context.skip('mounting a small tmpfs needs root')
  }
  onTestFinished(() => void spawnSync('umount', ['--lazy', directory]))
  const cluster = await anEmbeddedCluster({ directory })
  const before = await cluster.apply(aConfigMap('m', { v: '1' }), asGit)
  await writeFile(join(directory, 'filler'), Buffer.alloc(300_000)).catch(() => undefined)
  const full = cluster.apply(aConfigMap('m', { v: 'x'.repeat(50_000) }), asGit)
  await expect(full).rejects.toMatchObject({
    code: 'Unavailable',
    message: expect.stringContaining('ENOSPC'),
  })
  expect(await cluster.get(idOf(before))).toEqual(before)
  await writeFile(join(directory, 'filler'), '')
  const after = await cluster.apply(aConfigMap('m', { v: '2' }), asGit)
  await cluster.close()
  const reopened = await anEmbeddedCluster({ directory })
  expect(await reopened.get(idOf(before))).toEqual(after)
  await reopened.close()
})

it('takes its very first object, whose version is the one of no object elsewhere, for what it is', async () => {
  const cluster = await anEmbeddedCluster()
  const id = { group: '', version: 'v1', kind: 'Namespace', namespace: '', name: 'default' }
  const first = await cluster.get(id)
  expect(first?.metadata.resourceVersion).toBe(NOT_STORED)
  const metadata = { name: 'default', labels: { a: 'b' }, resourceVersion: NOT_STORED }
  const labelled = { apiVersion: 'v1', kind: 'Namespace', metadata }
  await expect(cluster.apply(labelled, asGit)).rejects.toMatchObject({ code: 'Conflict' })
  const { uid = '' } = first?.metadata ?? {}
  const judged = { ...labelled, metadata: { ...metadata, uid } }
  expect((await cluster.apply(judged, asGit)).metadata.labels).toEqual({ a: 'b' })
})
