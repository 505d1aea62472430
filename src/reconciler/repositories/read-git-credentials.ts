/** Reads what opens a private repository from a Secret of the control namespace. Its values go nowhere else. */
import { type Cluster, ClusterError } from '../cluster.ts'
import type { GitCredentials } from '../git/credentials.ts'
import { GitSourceError } from '../git-source.ts'

/** What forges take beside a token, when no user name is written. */
const ANY_USER = 'git'
const EXPECTED =
  'put the keys `username` and `password` (or a token as `password`) into it, or the key `bearerToken`'

/**
 * The Secret has `username` and `password` (type kubernetes.io/basic-auth), or `bearerToken`.
 * Throws `GitSourceError` `AuthenticationFailed` for a Secret that is missing or has no such keys, naming it and the keys it
 * has but never a value; `ClusterError` where the cluster does not let it be read.
 */
export async function readGitCredentials(
  cluster: Pick<Cluster, 'get'>,
  namespace: string,
  name: string,
): Promise<GitCredentials> {
  const secret = await readSecret(cluster, namespace, name)
  const where = `the Secret ${namespace}/${name}`
  if (secret === undefined)
    throw refuse(`${where} that spec.secretRef names does not exist; create it, and ${EXPECTED}`)
  const data = (secret['data'] ?? {}) as Readonly<Record<string, unknown>>
  const read = (key: string) => decode(data[key], `the key ${key} of ${where}`)
  const token = read('bearerToken')
  if (token !== undefined) return { type: 'bearer', token }
  const password = read('password')
  if (password !== undefined)
    return { type: 'basic', username: read('username') ?? ANY_USER, password }
  const keys = Object.keys(data).sort().join(', ')
  throw refuse(`${where} has ${keys === '' ? 'no keys' : `the keys ${keys}`}; ${EXPECTED}`)
}

async function readSecret(cluster: Pick<Cluster, 'get'>, namespace: string, name: string) {
  try {
    return await cluster.get({ group: '', version: 'v1', kind: 'Secret', namespace, name })
  } catch (error) {
    if (!(error instanceof ClusterError && error.code === 'Forbidden')) throw error
    throw new ClusterError(
      'Forbidden',
      `the control plane may not read the Secret ${namespace}/${name} that spec.secretRef names; give its account the right to get Secrets in ${namespace}`,
      { cause: error },
    )
  }
}

/** A header takes one line of visible characters; the newline that editors and `echo` add at the end is no part of it. */
function decode(encoded: unknown, what: string): string | undefined {
  if (typeof encoded !== 'string' || encoded === '') return undefined
  const text = Buffer.from(encoded, 'base64')
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (text === '') return undefined
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what the check is for
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw refuse(
      `${what} has a line break or a control character in it; write the value in one line`,
    )
  return text
}

function refuse(message: string): GitSourceError {
  return new GitSourceError('AuthenticationFailed', message)
}
