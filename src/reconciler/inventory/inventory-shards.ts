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

/** An inventory as it was written out: what the next one is told apart from. */
export interface WrittenShards {
  readonly entries: Inventory['entries']
  readonly contents: readonly Contents[]
}

/**
 * The shards of an inventory: at least as many as there are, doubled until each is small enough. Shards in which nothing differs
 * from what was written before are the same objects.
 */
export function toShards(
  { entries }: Inventory,
  atLeast: number,
  before?: WrittenShards,
): readonly Contents[] {
  if (before?.entries === entries && before.contents.length >= atLeast) return before.contents
  for (let count = Math.max(1, atLeast); ; count *= 2) {
    const kept = before?.contents.length === count ? before : undefined
    const contents = shardsOf(entries, count, kept)
    if (contents.every(isSmall)) return contents
  }
}

function shardsOf(
  entries: Inventory['entries'],
  count: number,
  before: WrittenShards | undefined,
): readonly Contents[] {
  const stale = before && staleShards(before.entries, entries, count)
  const shards = Array.from({ length: count }, (): InventoryEntry[] => [])
  for (const entry of entries.values()) {
    const index = writtenForm(entry).bucket % count
    if (stale?.has(index) ?? true) shards[index]?.push(entry)
  }
  return shards.map((shard, index) =>
    stale?.has(index) === false ? (before?.contents[index] ?? {}) : toContents(shard),
  )
}

/** The shards in which an entry came, went or changed. */
function staleShards(
  before: Inventory['entries'],
  after: Inventory['entries'],
  count: number,
): ReadonlySet<number> {
  const stale = new Set<number>()
  for (const [key, entry] of after)
    if (before.get(key) !== entry) stale.add(writtenForm(entry).bucket % count)
  for (const [key, entry] of before)
    if (!after.has(key)) stale.add(writtenForm(entry).bucket % count)
  return stale
}

const sizes = new WeakMap<Contents, number>()

function isSmall(contents: Contents): boolean {
  const size = sizes.get(contents) ?? Buffer.byteLength(contents['entries'] ?? '')
  sizes.set(contents, size)
  return size <= MAX_SHARD_BYTES
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
