/** What survives a crash: every write that was answered, and nothing that was not. */
import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import {
  type Transaction,
  TransactionLog,
} from '../../../src/reconciler/embedded/transaction-log.ts'
import { aConfigMap } from '../../support/cluster-objects.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const EMPTY = { version: 0, objects: [] }

function put(version: number, name = `m${version}`): Transaction {
  return { version, operations: [{ type: 'put', object: aConfigMap(name, { v: `${version}` }) }] }
}

async function written(directory: string, batches: readonly (readonly Transaction[])[]) {
  const log = new TransactionLog(directory, new RecordingLogger())
  for (const batch of batches) await log.append(batch, EMPTY)
  await log.close()
}

async function versionsIn(directory: string, log = new RecordingLogger()) {
  const { version, transactions } = await new TransactionLog(directory, log).load()
  return [version, ...transactions.map((transaction) => transaction.version)]
}

it('reads back the batches in order', async () => {
  const directory = await temporaryDirectory()
  await written(directory, [[put(1), put(2)], [put(3)]])
  expect(await versionsIn(directory)).toEqual([0, 1, 2, 3])
})

it('keeps the files to their owner', async () => {
  const directory = await temporaryDirectory()
  await written(directory, [[put(1)]])
  const modes = await Promise.all(
    ['log', 'snapshot'].map(async (name) => (await stat(join(directory, name))).mode & 0o777),
  )
  expect(modes).toEqual([0o600, 0o600])
})

it('keeps every whole batch wherever a crash cuts the log off, and says what it discards', async () => {
  const directory = await temporaryDirectory()
  await written(directory, [[put(1)], [put(2), put(3)], [put(4)]])
  const path = join(directory, 'log')
  const bytes = await readFile(path)
  const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([index]) => index + 1)
  const kept = [[0], [0, 1], [0, 1, 2, 3], [0, 1, 2, 3, 4]]
  for (let length = bytes.byteLength; length >= 0; length--) {
    await truncate(path, length)
    const log = new RecordingLogger()
    const whole = ends.filter((end) => end <= length).length
    expect(await versionsIn(directory, log)).toEqual(kept[whole])
    const isTorn = length > 0 && !ends.includes(length)
    expect(log.sentences).toEqual(isTorn ? ['warn: discarded a write that a crash cut short'] : [])
  }
})

it('treats a last batch with a hole in it, as a power cut leaves, like one that is cut short', async () => {
  const directory = await temporaryDirectory()
  await written(directory, [[put(1)], [put(2), put(3)]])
  const path = join(directory, 'log')
  const bytes = await readFile(path)
  bytes.fill(0, bytes.byteLength - 80, bytes.byteLength - 40)
  await writeFile(path, bytes)
  expect(await versionsIn(directory)).toEqual([0, 1])
})

it('refuses a log that is damaged before its last batch, naming the file and the place', async () => {
  const directory = await temporaryDirectory()
  await written(directory, [[put(1)], [put(2)]])
  const path = join(directory, 'log')
  const bytes = await readFile(path)
  bytes[40] = (bytes[40] ?? 0) ^ 1
  await writeFile(path, bytes)
  await expect(versionsIn(directory)).rejects.toMatchObject({
    code: 'Unavailable',
    message: expect.stringContaining(`${path} is damaged at byte 0`),
  })
})

it('refuses a damaged snapshot: it was complete before it was put in place', async () => {
  const directory = await temporaryDirectory()
  await written(directory, [[put(1)]])
  const path = join(directory, 'snapshot')
  await truncate(path, 5)
  await expect(versionsIn(directory)).rejects.toMatchObject({ code: 'Unavailable' })
})

it('rewrites a log that has grown as a snapshot, and loses nothing at any step of it', async () => {
  const directory = await temporaryDirectory()
  const log = new TransactionLog(directory, new RecordingLogger(), 2_000)
  const objects = new Map<string, KubernetesObject>()
  let largest = 0
  for (let version = 1; version <= 200; version++) {
    const transaction = put(version, `m${version % 7}`)
    await log.append([transaction], { version: version - 1, objects: objects.values() })
    for (const { object } of transaction.operations) objects.set(object.metadata.name, object)
    largest = Math.max(largest, (await stat(join(directory, 'log'))).size)
  }
  await log.close()
  expect(largest).toBeLessThan(4_000)
  const { snapshot, transactions } = await new TransactionLog(
    directory,
    new RecordingLogger(),
  ).load()
  const last = new Map(snapshot.map((object) => [object.metadata.name, object['data']]))
  for (const { operations } of transactions)
    for (const { object } of operations) last.set(object.metadata.name, object['data'])
  expect(last).toEqual(new Map([...objects].map(([name, object]) => [name, object['data']])))
})

it('passes over what the snapshot has already, when a crash came between snapshot and new log', async () => {
  const directory = await temporaryDirectory()
  await written(directory, [[put(1)], [put(2)]])
  const old = await readFile(join(directory, 'log'))
  const log = new TransactionLog(directory, new RecordingLogger())
  await log.compact({ version: 1, objects: [aConfigMap('m1', { v: '1' })] })
  await log.close()
  await writeFile(join(directory, 'log'), old)
  expect(await versionsIn(directory)).toEqual([1, 2])
})
