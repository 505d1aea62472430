/** What a repository is named by: a folder on this machine, or a smart-HTTP address. */
import { fileURLToPath } from 'node:url'
import { err, ok, type Result } from '../../model/result.ts'

export type RepositoryAddress =
  | { readonly type: 'local'; readonly path: string }
  /** `url` has no user, password, query or fragment, and no slash at its end: it may be printed. */
  | { readonly type: 'http'; readonly url: string }

/** The error is a sentence for the operator; it never repeats a password. */
export function parseRepositoryUrl(text: string): Result<RepositoryAddress, string> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  if (text === '' || text.startsWith('-') || text.includes('\0'))
    return err(`${quote(text)} is not a repository; give a folder or an https:// address`)
  if (scheme === 'http' || scheme === 'https') return parseHttp(text)
  if (scheme === 'file') return parseFile(text)
  // `host:path` is git's short form of SSH; a local path never has a colon before its first slash.
  if (scheme !== undefined || /^[^/]*:/.test(text))
    return err(
      `${quote(withoutUser(text))} is neither a folder nor an http(s) address; SSH and other transports are not read, use the https:// address of the repository`,
    )
  return ok({ type: 'local', path: text })
}

function parseHttp(text: string): Result<RepositoryAddress, string> {
  const url = URL.parse(text)
  if (url === null) return err('the repository URL cannot be read; write https://host/path')
  const printable = `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  if (url.username !== '' || url.password !== '')
    return err(
      `the URL of ${printable} carries a user name or a password; give them as credentials, so that no log or message can show them`,
    )
  if (url.search !== '' || url.hash !== '')
    return err(`the URL of ${printable} has a query or a fragment; a repository URL has neither`)
  return ok({ type: 'http', url: printable })
}

function parseFile(text: string): Result<RepositoryAddress, string> {
  try {
    return ok({ type: 'local', path: fileURLToPath(text) })
  } catch {
    return err(`${quote(text)} does not name a folder of this machine; write file:///path`)
  }
}

function withoutUser(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/@]*@/i, '$1')
}

function quote(text: string): string {
  return JSON.stringify(text)
}
