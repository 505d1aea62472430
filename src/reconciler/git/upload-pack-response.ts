/**
 * Reads the answer of git-upload-pack far enough to trust its framing (gitprotocol-pack(5), gitprotocol-common(5)).
 *
 * isomorphic-git takes a body that ends early for a whole one, so every answer passes here before it gets there.
 */
import { err, ok, type Result } from '../../model/result.ts'

/** Pkt-line lengths that stand for themselves: flush, delimiter, response end. */
const MARKS = [0, 1, 2]

/** The lines of a body, without marks. The error says where the framing breaks. */
export function readPktLines(body: Buffer): Result<readonly Buffer[], string> {
  const lines: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const digits = body.toString('latin1', at, at + 4)
    if (!/^[0-9a-f]{4}$/i.test(digits)) return err(`no packet length at byte ${at}`)
    const length = Number.parseInt(digits, 16)
    if (length === 3 || at + length > body.length)
      return err(`it ends within a packet at byte ${at}`)
    if (!MARKS.includes(length)) lines.push(body.subarray(at + 4, at + length))
    at += Math.max(4, length)
  }
  return ok(lines)
}

export type UploadPackResponse =
  | { readonly type: 'pack'; readonly pack: Buffer }
  /** The server's own sentence. */
  | { readonly type: 'refused'; readonly sentence: string }

const PACK_BAND = 1
const PROGRESS_BAND = 2
const ERROR_BAND = 3

/** The pack in an answer that uses side bands, or the server's refusal. */
export function readUploadPackResponse(body: Buffer): Result<UploadPackResponse, string> {
  const lines = readPktLines(body)
  if (!lines.ok) return lines
  const pack: Buffer[] = []
  for (const line of lines.value) {
    if (line[0] === PACK_BAND) pack.push(line.subarray(1))
    else if (line[0] === ERROR_BAND) return ok(refused(line.subarray(1)))
    else if (line[0] !== PROGRESS_BAND && line.toString('latin1', 0, 4) === 'ERR ')
      return ok(refused(line.subarray(4)))
  }
  return ok({ type: 'pack', pack: Buffer.concat(pack) })
}

/** The refusal that stands in place of an advertisement or a list of refs. */
export function refusalIn(lines: readonly Buffer[]): string | undefined {
  const line = lines.find((candidate) => candidate.toString('latin1', 0, 4) === 'ERR ')
  return line && refused(line.subarray(4)).sentence
}

/** What a server says is printed to a terminal: one short line, no control characters. */
function refused(text: Buffer): { readonly type: 'refused'; readonly sentence: string } {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const plain = text.toString('utf8').replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
  return { type: 'refused', sentence: plain.trim().slice(0, 200) }
}
