/** The two questions that a remote is asked: where is this ref, and give me what is new. */
import git from 'isomorphic-git'
import { messageOf } from '../model/message-of.ts'
import { withAdvertisedHead } from './git/advertised-head.ts'
import { checkAnswer } from './git/check-answer.ts'
import { type GitCredentials, toAuthorization } from './git/credentials.ts'
import {
  gather,
  HttpTransport,
  once,
  type TransportRequest,
  type TransportResponse,
} from './git/http-transport.ts'
import { wholeFiles } from './git/whole-files.ts'
import { GitSourceError } from './git-source.ts'
import { FETCHED } from './git-source-isomorphic-cache.ts'
import type { ObjectReader } from './git-source-isomorphic-objects.ts'

export interface Remote {
  /** Printable. */
  readonly url: string
  readonly credentials: GitCredentials | undefined
  readonly maxPackBytes: number
  readonly maxObjectBytes: number
}

export interface RemoteRef {
  /** Full name. */
  readonly name: string
  /** The commit, where a tag had to be followed; else the object named. */
  readonly oid: string
}

/** Pushes of ordinary size; above it a fresh shallow clone is cheaper than whatever the server wants to send. */
const MAX_INCREMENT_BYTES = 16 * 2 ** 20
/** Enough history that an amended or rebased commit is known as a rewrite, and costs little to fetch. */
const CLONE_DEPTH = 16
/** A pack may unfold to this many times its largest allowed size. */
const UNFOLDING = 8
const MAX_REFS_BYTES = 64 * 2 ** 20

/** The first candidate that the remote has. One small exchange: this is the poll. */
export async function findRef(
  remote: Remote,
  candidates: readonly string[],
  signal: AbortSignal,
): Promise<RemoteRef | undefined> {
  return withTransport(remote, MAX_REFS_BYTES, signal, async (http) => {
    for (const name of candidates) {
      const { url } = remote
      const refs = await git.listServerRefs({ http, url, prefix: name, peelTags: true })
      const found = refs.find((ref) => ref.ref === name)
      if (found !== undefined) return { name, oid: found.peeled ?? found.oid }
    }
    return undefined
  })
}

/**
 * Brings the ref (or commit) and what it needs into the repository, and returns the object that it names by then.
 *
 * Into an empty repository: the newest commits only. Into one that has a commit: what came since, without `deepen`,
 * because a server that is asked to deepen sends every file again; the new history also tells a fast-forward from a rewrite.
 */
export async function fetchInto(
  reader: ObjectReader,
  remote: Remote,
  wanted: string,
  signal: AbortSignal,
): Promise<string> {
  const fresh = (await reader.ref(FETCHED)) === undefined
  const maxBytes = fresh ? remote.maxPackBytes : Math.min(remote.maxPackBytes, MAX_INCREMENT_BYTES)
  const { fetchHead } = await withTransport(remote, maxBytes, signal, (http) =>
    git.fetch({
      fs: wholeFiles,
      http: { request: (asked) => requestWithHead(http, asked) },
      gitdir: reader.gitdir,
      url: remote.url,
      remote: 'origin',
      ref: FETCHED,
      remoteRef: wanted,
      singleBranch: true,
      tags: false,
      ...(fresh && { depth: CLONE_DEPTH }),
    }),
  )
  if (fetchHead === null)
    throw new GitSourceError('RefNotFound', `${remote.url} has no commits yet; push one`)
  return fetchHead
}

async function requestWithHead(
  http: HttpTransport,
  asked: TransportRequest,
): Promise<TransportResponse> {
  const response = await http.request(asked)
  if (asked.method !== 'GET') return response
  const body = withAdvertisedHead(await gather(response.body))
  return { ...response, body: once(body) }
}

async function withTransport<T>(
  remote: Remote,
  maxBodyBytes: number,
  signal: AbortSignal,
  work: (http: HttpTransport) => Promise<T>,
): Promise<T> {
  const { url, credentials, maxObjectBytes, maxPackBytes } = remote
  const limits = { maxObjectBytes, maxUnfoldedBytes: maxPackBytes * UNFOLDING }
  const http = new HttpTransport({
    url,
    authorization: credentials && toAuthorization(credentials),
    maxBodyBytes,
    check: (answer) => checkAnswer({ url, limits }, answer),
    signal,
  })
  try {
    return await work(http)
  } catch (error) {
    throw translate(url, error)
  } finally {
    http.close()
  }
}

function translate(url: string, error: unknown): unknown {
  if (error instanceof GitSourceError) return error
  if (error instanceof git.Errors.NotFoundError)
    return new GitSourceError('RefNotFound', `${url} does not have the ref any more`, {
      cause: error,
    })
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('E'))
    // A system error of the cache's disk: ENOSPC, EACCES.
    return new GitSourceError(
      'HostUnreachable',
      `what ${url} sent cannot be stored: ${error.message}; look at the cache directory's disk`,
      { cause: error },
    )
  const reason = messageOf(error)
  return new GitSourceError(
    'RepositoryInvalid',
    `${url} answered in a way that is not understood: ${reason}`,
    { cause: error },
  )
}
