/** Puts Envoy's files in place all at once, the way the kubelet does it for a Secret, so that Envoy never reads half of a change. */
import { chown, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BootstrapFile } from '../injector/bootstrap-files.ts'

/** What the visible names point through; its rename is the one moment of change, and what Envoy watches for. */
const CURRENT = '..data'

/**
 * Afterwards `directory` has exactly these files, readable by `user`. Each visible name is a link into the current set of files.
 * A crash at any point leaves either the old set or the new one.
 */
export async function writeEnvoyFiles(
  directory: string,
  files: readonly BootstrapFile[],
  user: number,
): Promise<void> {
  const before = await readlink(join(directory, CURRENT)).catch(() => undefined)
  const set = nextSet(before)
  await rm(join(directory, set), { recursive: true, force: true })
  await mkdir(join(directory, set), { mode: 0o700 })
  await chown(join(directory, set), user, user)
  for (const { name, mode, content } of files) {
    const file = join(directory, set, name)
    await writeFile(file, content, { mode })
    await chown(file, user, user)
  }
  await replaceLink(directory, set, CURRENT)
  await linkNames(directory, files)
  if (before !== undefined) await rm(join(directory, before), { recursive: true, force: true })
}

function nextSet(before: string | undefined): string {
  return `..set-${Number(before?.slice('..set-'.length) ?? 0) + 1}`
}

async function linkNames(directory: string, files: readonly BootstrapFile[]): Promise<void> {
  const wanted = new Set(files.map((file) => file.name))
  const there = (await readdir(directory)).filter((name) => !name.startsWith('..'))
  for (const name of there) if (!wanted.has(name)) await rm(join(directory, name))
  for (const name of wanted)
    if (!there.includes(name)) await replaceLink(directory, `${CURRENT}/${name}`, name)
}

/** A link cannot be changed in place, but one can be renamed over another. */
async function replaceLink(directory: string, target: string, name: string): Promise<void> {
  const temporary = join(directory, `..new-${name}`)
  await rm(temporary, { force: true })
  await symlink(target, temporary)
  await rename(temporary, join(directory, name))
}
