/** The file system as isomorphic-git writes to it: a file appears whole or not at all. */
import { randomUUID } from 'node:crypto'
import * as files from 'node:fs/promises'
import { join } from 'node:path'

const TEMPORARY = '.plumbline-tmp-'

/** What isomorphic-git takes as its `fs`. */
export const wholeFiles = {
  promises: {
    mkdir: files.mkdir,
    rmdir: files.rmdir,
    rm: files.rm,
    unlink: files.unlink,
    stat: files.stat,
    lstat: files.lstat,
    readlink: files.readlink,
    symlink: files.symlink,
    readdir: files.readdir,
    readFile: files.readFile,
    writeFile: writeWhole,
  },
}

/** Written beside and renamed: a reader, or a later process, never sees a part. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}${TEMPORARY}${randomUUID()}`
  try {
    await files.writeFile(temporary, content, { mode: 0o600, flush: true })
    await files.rename(temporary, path)
  } catch (error) {
    await files.rm(temporary, { force: true })
    throw error
  }
}

/** Removes what a process that was killed left half-written: temporary files, and packs without an index. */
export async function removeLeftovers(gitdir: string): Promise<void> {
  const folder = join(gitdir, 'objects', 'pack')
  const names = await files.readdir(folder).catch(() => [])
  const whole = new Set(names.filter((name) => name.endsWith('.idx')))
  for (const name of names) {
    const orphan = name.endsWith('.pack') && !whole.has(name.replace(/pack$/, 'idx'))
    if (orphan || name.includes(TEMPORARY)) await files.rm(join(folder, name), { force: true })
  }
}
