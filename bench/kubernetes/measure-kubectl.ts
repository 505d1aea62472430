/** The floor: `kubectl apply --server-side` of the same files onto a server of its own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { AuditedServer, type CallCount } from './audited-server.ts'
import { installKinds } from './cluster-of.ts'
import type { Files, GeneratedRepository } from './repositories.ts'

export interface Applied {
  /** From the start of the process to its end. */
  readonly ms: number
  readonly calls: CallCount
}

export interface KubectlFigures {
  readonly first: Applied
  /** All files again, one line of which has changed: what kubectl has for a commit. */
  readonly oneLine: Applied
}

export async function measureKubectl(repository: GeneratedRepository): Promise<KubectlFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-bench-'))
  const server = await AuditedServer.start()
  try {
    await installKinds(server)
    await writeFiles(folder, repository.files)
    const first = await apply(server, folder)
    await writeFiles(folder, repository.changed(0))
    return { first, oneLine: await apply(server, folder) }
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function apply(server: AuditedServer, folder: string): Promise<Applied> {
  const argv = ['apply', '--server-side', '--context', 'kubectl', '-R', '-f', folder]
  const { result: ms, calls } = await server.countCalls('kubectl', async () => {
    const startedAt = performance.now()
    await server.kube.kubectl(argv)
    return performance.now() - startedAt
  })
  return { ms, calls }
}

async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}
