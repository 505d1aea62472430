/** What opens a private repository. It travels in one header and appears nowhere else. */
export type GitCredentials =
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }

/** The value of the `Authorization` header (RFC 7617, RFC 6750). */
export function toAuthorization(credentials: GitCredentials): string {
  switch (credentials.type) {
    case 'basic': {
      const { username, password } = credentials
      return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    }
    case 'bearer':
      return `Bearer ${credentials.token}`
  }
}
