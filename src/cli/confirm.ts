/** Asks a person before something is done. */
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
    const answer = await lines.question(`${question} [y/N] `, { signal })
    return /^y(?:es)?$/i.test(answer.trim())
  } catch (error) {
    if (signal.aborted) return false
    throw error
  } finally {
    lines.close()
  }
}
