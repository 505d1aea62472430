/** Asks a person before something is done. */
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { UsageError } from './exit-code.ts'

export interface Confirmation {
  /** `--yes`: nobody is asked. */
  readonly yes: boolean
  /** As `roll mesh back?`. */
  readonly question: string
  readonly input?: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output?: NodeJS.WritableStream
}

/** Whether it may be done. Throws UsageError where nobody can be asked: a script has to say `--yes`. */
export async function confirm(
  { yes, question, input = process.stdin, output = process.stderr }: Confirmation,
  signal: AbortSignal,
): Promise<boolean> {
  if (yes) return true
  if (input.isTTY !== true)
    throw new UsageError(`there is no terminal on which to ask "${question}"; say --yes`)
  const lines = createInterface({ input, output })
  try {
    // Whoever ends the input (Ctrl-D) has not said yes; readline would wait for an answer for ever.
    const closed = once(lines, 'close').then(() => '')
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), closed])
    return /^y(?:es)?$/i.test(answer.trim())
  } catch (error) {
    // Ctrl-C, which readline takes for itself on a terminal.
    if (error instanceof Error && error.name === 'AbortError') return false
    throw error
  } finally {
    lines.close()
  }
}
