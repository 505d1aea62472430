/** Judges a smart-HTTP answer before isomorphic-git sees it: framing, refusals, and the pack itself. */
import { GitSourceError } from '../git-source.ts'
import { checkPack, type PackLimits } from './check-pack.ts'
import { readPktLines, readUploadPackResponse, refusalIn } from './upload-pack-response.ts'

const FLUSH = '0000'

/** Throws `GitSourceError`; `url` is printable. */
export async function checkAnswer(
  from: { readonly url: string; readonly limits: PackLimits },
  answer: { readonly request: Buffer; readonly body: Buffer },
): Promise<void> {
  const { request, body } = answer
  if (request.length === 0 || request.includes('command=ls-refs')) checkRefs(from.url, body)
  else await checkFetch(from, body)
}

function checkRefs(url: string, body: Buffer): void {
  const lines = readPktLines(body)
  if (!lines.ok) throw notGit(url, lines.error)
  const refusal = refusalIn(lines.value)
  if (refusal !== undefined) throw refused(url, refusal)
  // A list that ends on a packet boundary but too early would read as "the branch is gone".
  checkEnd(url, body)
}

async function checkFetch(
  from: { readonly url: string; readonly limits: PackLimits },
  body: Buffer,
): Promise<void> {
  const response = readUploadPackResponse(body)
  if (!response.ok) throw notGit(from.url, response.error)
  if (response.value.type === 'refused') throw refused(from.url, response.value.sentence)
  checkEnd(from.url, body)
  const pack = await checkPack(response.value.pack, from.limits)
  if (pack.ok) return
  throw new GitSourceError(
    pack.error.type === 'tooLarge' ? 'LimitExceeded' : 'RepositoryInvalid',
    `the pack that ${from.url} sent ${pack.error.reason}; nothing of it was kept`,
  )
}

function checkEnd(url: string, body: Buffer): void {
  if (body.toString('latin1', body.length - FLUSH.length) !== FLUSH)
    throw notGit(url, 'it ends too early')
}

function refused(url: string, sentence: string): GitSourceError {
  if (/not our ref|no such ref|unadvertised/.test(sentence))
    return new GitSourceError(
      'CommitNotFound',
      `${url} does not give out the commit that was asked for: ${sentence}; follow a branch or a tag, or let the server serve commits by name (uploadpack.allowReachableSHA1InWant)`,
    )
  return new GitSourceError('RepositoryInvalid', `${url} refused: ${sentence}`)
}

function notGit(url: string, reason: string): GitSourceError {
  return new GitSourceError(
    'RepositoryInvalid',
    `${url} did not answer in git's smart HTTP protocol (${reason}); check that the address is a repository's and not a web page's, and that no proxy changes or cuts answers`,
  )
}
