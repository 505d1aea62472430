/** One thing that `plumb doctor` looked at, and how to mend it. */
export interface Check {
  /** What was looked at: `leader`, `git of mesh`. */
  readonly name: string
  /** `warn` is for what works and should be known; `fail` for what does not work, or soon will not. */
  readonly status: 'ok' | 'warn' | 'fail'
  readonly found: string
  /** For what is not ok. */
  readonly expected?: string
  /** A command or a sentence. */
  readonly fix?: string
}

interface Remedy {
  readonly expected: string
  readonly fix: string
}

export function pass(name: string, found: string): Check {
  return { name, status: 'ok', found }
}

export function warn(name: string, found: string, remedy: Remedy): Check {
  return { name, status: 'warn', found, ...remedy }
}

export function fail(name: string, found: string, remedy: Remedy): Check {
  return { name, status: 'fail', found, ...remedy }
}
