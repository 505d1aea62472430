/** Reads the manifests below a folder. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError } from '../lab-error.ts'
import { parseWorkloads } from './parse-workloads.ts'
import type { Workloads } from './workloads.ts'

/** Throws `LabError` `WorkloadsInvalid` with every mistake, a line each. */
export async function readWorkloads(directory: string): Promise<Workloads> {
  const names = await listManifests(directory)
  const files = await Promise.all(
    names.map(async (path) => ({ path, text: await readFile(join(directory, path), 'utf8') })),
  )
  const parsed = parseWorkloads(files)
  if (parsed.type === 'valid') return parsed.workloads
  throw new LabError(
    'WorkloadsInvalid',
    `the workloads in ${directory} cannot be run:\n${parsed.mistakes.join('\n')}`,
  )
}

async function listManifests(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory, { recursive: true })
    return names.filter((name) => /\.(ya?ml|json)$/.test(name))
  } catch (error) {
    throw new LabError(
      'WorkloadsInvalid',
      `the workloads folder ${directory} cannot be read: ${String(error)}; name one with --workloads`,
      { cause: error },
    )
  }
}
