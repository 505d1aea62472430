/** One git tree object, decoded: names are checked here, before anything makes a path of them. */
import { err, ok, type Result } from '../../model/result.ts'

export interface TreeEntry {
  readonly name: string
  readonly type: 'tree' | 'file' | 'symlink' | 'gitlink'
  /** Object name, 40 hexadecimal digits. */
  readonly oid: string
  /** Set on a name that cannot be a part of a path that people read: what is wrong with it. */
  readonly fault?: string
}

const OID_BYTES = 20
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** The error says where the bytes stop being a tree. */
export function parseTree(bytes: Uint8Array): Result<readonly TreeEntry[], string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: TreeEntry[] = []
  const names = new Set<string>()
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at)
    const nul = buffer.indexOf(0, space)
    const end = nul + 1 + OID_BYTES
    if (space < 0 || nul < 0 || end > buffer.length) return err(`it is cut off at byte ${at}`)
    const type = typeOf(buffer.toString('latin1', at, space))
    if (type === undefined) return err(`the entry at byte ${at} has an unknown mode`)
    const entry = toEntry(
      type,
      buffer.subarray(space + 1, nul),
      buffer.toString('hex', nul + 1, end),
    )
    if (names.has(entry.name)) return err(`it names ${JSON.stringify(entry.name)} twice`)
    names.add(entry.name)
    entries.push(entry)
    at = end
  }
  return ok(entries)
}

function typeOf(mode: string): TreeEntry['type'] | undefined {
  switch (mode.replace(/^0+/, '')) {
    case '40000':
      return 'tree'
    case '100644':
    case '100755':
    // Group-writable, as git wrote it before 2005; still in old histories.
    case '100664':
      return 'file'
    case '120000':
      return 'symlink'
    case '160000':
      return 'gitlink'
  }
  return undefined
}

function toEntry(type: TreeEntry['type'], bytes: Buffer, oid: string): TreeEntry {
  try {
    const name = UTF8.decode(bytes)
    const fault = faultOf(name)
    return fault === undefined ? { name, type, oid } : { name, type, oid, fault }
  } catch {
    // Kept apart from every name that is text: two such names must not meet in one replacement character. The ending stays,
    // so that a policy file is refused and not passed over.
    const ending = /\.[0-9a-z]+$/i.exec(bytes.toString('latin1'))?.[0] ?? ''
    const name = `\u{fffd}${bytes.toString('hex')}${ending}`
    return { name, type, oid, fault: 'its name is not UTF-8' }
  }
}

function faultOf(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return `its name is ${JSON.stringify(name)}`
  if (/[/\\]/.test(name)) return 'its name has a slash or a backslash'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the check is for
  if (/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(name))
    return 'its name has a control character'
  // git-fsck(1) hasDotgit: the names by which NTFS and HFS+ reach .git.
  const folded = name
    .replaceAll(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '')
    .toLowerCase()
  if (/^(?:\.git|git~[1-9])[. ]*(?::.*)?$/.test(folded)) return 'its name stands for .git'
  return undefined
}
