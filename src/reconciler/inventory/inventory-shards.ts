/**
 * The inventory as ConfigMaps: a head that says which commit and how many shards, and shards of entries by hash of their
 * key, so that a change touches the shards of what changed, and none outgrows what an API server stores.
 */
import { createHash } from 'node:crypto'
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { type CommitSha, isCommitSha } from '../../model/commit-sha.ts'
import { type ObjectKey, toObjectKey } from '../../model/object-id.ts'
import type { Inventory, InventoryEntry } from './inventory.ts'

/** Half of what etcd takes by default is left for metadata and growth. */
const MAX_SHARD_BYTES = 512 * 1024

export interface InventoryHead {
  readonly accepted: CommitSha | undefined
  readonly applied: CommitSha | undefined
  readonly shards: number
}

/** A ConfigMap's `data`. */
type Contents = Readonly<Record<string, string>>

/** The shards of an inventory: at least as many as there are, doubled until each is small enough. */
export function toShards(inventory: Inventory, atLeast: number): readonly Contents[] {
  for (let count = Math.max(1, atLeast); ; count *= 2) {
    const shards = Array.from({ length: count }, (): InventoryEntry[] => [])
    for (const entry of inventory.entries.values())
      shards[writtenForm(entry).bucket % count]?.push(entry)
    const contents = shards.map(toContents)
    if (contents.every((shard) => Buffer.byteLength(shard['entries'] ?? '') <= MAX_SHARD_BYTES))
      return contents
  }
}

/** A line an entry, sorted: the same entries are the same bytes. */
function toContents(entries: readonly InventoryEntry[]): Contents {
  const lines = entries.map((entry) => writtenForm(entry).line).sort(byCodeUnit)
  return { entries: lines.join('\n') }
}

/** Entries are immutable and mostly the same from commit to commit: each is written out once. */
const writtenForms = new WeakMap<
  InventoryEntry,
  { readonly line: string; readonly bucket: number }
>()

function writtenForm(entry: InventoryEntry): { readonly line: string; readonly bucket: number } {
  let form = writtenForms.get(entry)
  if (form === undefined) {
    form = { line: toLine(entry), bucket: bucketOf(toObjectKey(entry.id)) }
    writtenForms.set(entry, form)
  }
  return form
}

function toLine({ id, applied }: InventoryEntry): string {
  const identity = [id.group, id.version, id.kind, id.namespace, id.name]
  return JSON.stringify(
    applied === undefined
      ? identity
      : [...identity, applied.uid, applied.hash, applied.resourceVersion],
  )
}

/** `undefined` when it is not a shard that we wrote. */
export function fromShard(contents: unknown): readonly InventoryEntry[] | undefined {
  const text = (contents as Contents | undefined)?.['entries']
  if (typeof text !== 'string') return undefined
  const entries = text === '' ? [] : text.split('\n').map(fromLine)
  return entries.every((entry) => entry !== undefined) ? entries : undefined
}

function fromLine(line: string): InventoryEntry | undefined {
  const parts = parseStrings(line)
  if (parts === undefined || (parts.length !== 5 && parts.length !== 8)) return undefined
  const [group = '', version = '', kind = '', namespace = '', name = ''] = parts
  const [uid, hash, resourceVersion] = parts.slice(5)
  const id = { group, version, kind, namespace, name }
  return uid === undefined || hash === undefined || resourceVersion === undefined
    ? { id }
    : { id, applied: { uid, hash, resourceVersion } }
}

function parseStrings(json: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) && value.every((part) => typeof part === 'string')
      ? value
      : undefined
  } catch {
    return undefined
  }
}

export function toHeadContents(head: InventoryHead): Contents {
  return {
    shards: String(head.shards),
    ...(head.accepted === undefined ? {} : { accepted: head.accepted }),
    ...(head.applied === undefined ? {} : { applied: head.applied }),
  }
}

/** `undefined` when it is not a head that we wrote. */
export function fromHeadContents(contents: unknown): InventoryHead | undefined {
  const { shards, accepted, applied } = (contents ?? {}) as Contents
  const count = Number(shards)
  if (!Number.isInteger(count) || count < 1 || count > 4096) return undefined
  if (!isCommitOrAbsent(accepted) || !isCommitOrAbsent(applied)) return undefined
  return { shards: count, accepted, applied }
}

function isCommitOrAbsent(text: string | undefined): text is CommitSha | undefined {
  return text === undefined || isCommitSha(text)
}

export function toEntries(
  shards: readonly (readonly InventoryEntry[])[],
): ReadonlyMap<ObjectKey, InventoryEntry> {
  return new Map(shards.flat().map((entry) => [toObjectKey(entry.id), entry]))
}

function bucketOf(key: ObjectKey): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0)
}
