/**
 * One owner per data directory. The lock is a listening unix socket: it dies with its process, whichever process,
 * network or pid namespace asks, so a stale one is told from a held one without trusting process ids.
 */
import { link, open, rename, rm, stat } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { Entropy } from '../../model/entropy.ts'
import { ClusterError } from '../cluster.ts'

export interface DirectoryLock {
  /** Whether the lock is still ours: of two processes that take over one stale lock at once, the first finds it lost. */
  isHeld(): Promise<boolean>
  release(): Promise<void>
}

/** Longest socket path that every platform takes; longer ones go through an open directory (Linux). */
const MAX_SOCKET_PATH = 100

/** Throws `Unavailable` when another process holds the directory. */
export async function lockDirectory(directory: string, entropy: Entropy): Promise<DirectoryLock> {
  const held = join(directory, 'lock')
  const name = `lock.${Buffer.from(entropy.bytes(6)).toString('hex')}`
  const server = await withSocketPath(directory, name, listen)
  try {
    await takeLock(directory, join(directory, name))
  } catch (error) {
    await closeServer(server)
    throw error
  } finally {
    await rm(join(directory, name), { force: true })
  }
  const inode = await inodeOf(held)
  const isHeld = async () => (await inodeOf(held)) === inode
  return {
    isHeld,
    release: async () => {
      if (await isHeld()) await rm(held, { force: true })
      await closeServer(server)
    },
  }
}

async function takeLock(directory: string, mine: string): Promise<void> {
  const held = join(directory, 'lock')
  try {
    await link(mine, held)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
    if (await withSocketPath(directory, 'lock', answers))
      throw new ClusterError(
        'Unavailable',
        `another process holds the data directory ${directory}; stop it first (\`fuser ${held}\` names it), or use another directory`,
      )
    await rename(mine, held)
  }
}

async function withSocketPath<T>(
  directory: string,
  name: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(directory, name)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH || process.platform !== 'linux')
    return await use(path)
  await using handle = await open(directory, 'r')
  return await use(`/proc/self/fd/${handle.fd}/${name}`)
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(path, () => {
      // The lock alone must not keep a finished process alive.
      server.unref()
      resolve(server)
    })
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error) => {
      const code = errorCode(error)
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false)
      else reject(error)
    })
  })
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
