/** What `plumb` exits with; documented in docs/cli.md. */
export const EXIT_CODE = {
  /** Done, and nothing to complain of. */
  ok: 0,
  /** It ran, and found what it looks for: problems, a denied call, rows that are not as expected. */
  found: 1,
  /** It could not run: wrong flags, a missing file, a host that does not answer. */
  couldNotRun: 2,
} as const

/** An error whose message is one sentence for the person at the terminal; no stack is printed for it. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UsageError'
  }
}
