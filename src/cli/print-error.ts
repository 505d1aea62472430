import { UsageError } from './exit-code.ts'

/** Errors that say all there is to say in their message: for them a stack would only be noise. */
const SPEAKING = new Set([
  'UsageError',
  'GitSourceError',
  'ClusterError',
  'AuthorityError',
  'LabError',
])

/** One sentence for an error of the world; the whole stack for a bug, which is for us to mend. */
export function printError(error: unknown): string {
  if (!(error instanceof Error)) return `plumb: ${String(error)}\n`
  if (error instanceof UsageError || SPEAKING.has(error.name)) return `plumb: ${error.message}\n`
  // What the system refuses (a port in use, a folder that cannot be made) says so in its own words.
  if ('syscall' in error) return `plumb: ${error.message}\n`
  return `plumb: this is a bug in plumb; please report it with these lines\n${error.stack ?? error.message}\n`
}
