/** What a failed HTTP exchange means to the operator. */
import type { Ms } from '../../model/clock.ts'
import { GitSourceError } from '../git-source.ts'

/** `retryAfterMs`: where the server asked for a pause. */
export function refuseStatus(
  asked: { readonly url: string; readonly authorization: string | undefined },
  status: number,
  retryAfterMs?: Ms,
): GitSourceError {
  const { url } = asked
  // GitHub says 403 where others say 429.
  if (status === 429 || (status === 403 && retryAfterMs !== undefined)) {
    const pause = retryAfterMs === undefined ? '' : `, and for a pause of ${retryAfterMs / 1000} s`
    return new GitSourceError(
      'HostUnreachable',
      `${url} asks for fewer requests (status ${status})${pause}; poll less often`,
      { retryAfterMs },
    )
  }
  const credentials = asked.authorization === undefined ? 'no credentials' : 'the given credentials'
  switch (status) {
    case 401:
    case 403:
    // Azure DevOps answers 203 with its sign-in page.
    case 203:
      return new GitSourceError(
        'AuthenticationFailed',
        `${url} refused ${credentials} (status ${status}); give ones that may read the repository, and look whether they expired`,
      )
    case 404:
    case 410:
      return new GitSourceError(
        'RepositoryInvalid',
        `${url} has no repository, or none that ${credentials} may see (status ${status}); check the address`,
      )
    default:
      return status >= 500
        ? new GitSourceError(
            'HostUnreachable',
            `${url} failed (status ${status}); this mends itself when the server does`,
            { retryAfterMs },
          )
        : new GitSourceError(
            'RepositoryInvalid',
            `${url} answered with status ${status}, which no git server does; check the address`,
          )
  }
}

export function unreachable(url: string, cause: unknown): GitSourceError {
  const code = codeOf(cause)
  return new GitSourceError('HostUnreachable', `${url} cannot be reached: ${explain(code)}`, {
    cause,
  })
}

function codeOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : String(cause instanceof Error ? cause.message : cause)
}

function explain(code: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `its name is not known to DNS (${code}); check the name and the resolver`
  if (code === 'ECONNREFUSED') return `nothing listens there (${code}); check the port`
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE')
    return `the connection was cut (${code})`
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|ERR_TLS|EPROTO/.test(code))
    return `its certificate is not trusted (${code}); start with NODE_EXTRA_CA_CERTS naming the private CA, or check the name`
  return code
}
