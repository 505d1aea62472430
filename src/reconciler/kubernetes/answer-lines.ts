/** The lines of an answer that goes on, for as long as something is heard: a connection that is half open says nothing. */
import type { IncomingMessage } from 'node:http'
import type { Clock, Ms } from '../../model/clock.ts'
import { messageOf } from '../../model/message-of.ts'
import { ClusterError } from '../cluster.ts'

/** Far above the largest object etcd takes. */
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024

export interface Listening {
  readonly clock: Clock
  /** An answer that is silent for this long has been cut off without a word. */
  readonly silenceMs: Ms
}

/** Ends where the server ends it; a line that is not whole by then is none. Throws `Unavailable` when it falls silent or breaks. */
export async function* answerLines(
  answer: IncomingMessage,
  { clock, silenceMs }: Listening,
): AsyncIterable<string> {
  const over = new AbortController()
  let heardAt = clock.monotonic()
  const watchdog = async (): Promise<void> => {
    for (let leftMs = silenceMs; leftMs > 0; leftMs = heardAt + silenceMs - clock.monotonic()) {
      await clock.sleep(leftMs, over.signal)
      if (over.signal.aborted) return
    }
    answer.destroy(new Error(`nothing was heard for ${silenceMs / 1000} s`))
  }
  const watching = watchdog()
  try {
    const lines = new LineSplitter()
    answer.setEncoding('utf8')
    for await (const chunk of answer as AsyncIterable<string>) {
      heardAt = clock.monotonic()
      yield* lines.take(chunk)
    }
  } catch (cause) {
    const reason = messageOf(cause)
    throw new ClusterError('Unavailable', `the watch was lost: ${reason}`, { cause })
  } finally {
    over.abort()
    answer.destroy()
    await watching
  }
}

/** An object may come in a thousand chunks: its parts are joined once, when its line is whole. */
class LineSplitter {
  #parts: string[] = []
  #length = 0

  take(chunk: string): readonly string[] {
    const [end = '', ...lines] = chunk.split('\n')
    this.#add(end)
    if (lines.length === 0) return []
    const first = this.#parts.join('')
    this.#parts = []
    this.#length = 0
    this.#add(lines.pop() ?? '')
    return [first, ...lines]
  }

  #add(part: string): void {
    this.#parts.push(part)
    this.#length += part.length
    if (this.#length > MAX_LINE_CHARACTERS) throw new Error('a line has no end')
  }
}
