/**
 * Lets isomorphic-git fetch from a repository whose HEAD points nowhere, as after its default branch was renamed.
 *
 * Its fetch wants to know the default branch, which nobody here asks for, and fails where neither HEAD nor a symref is
 * advertised. Such an advertisement is given the capability `symref`, naming a branch that is never looked up.
 */
import { readPktLines } from './upload-pack-response.ts'

const SYMREF = ' symref=HEAD:refs/heads/unborn'

/** The advertisement as it is, or with the capability (gitprotocol-v2 advertisements have no refs and stay as they are). */
export function withAdvertisedHead(body: Buffer): Buffer {
  const lines = readPktLines(body)
  const first = lines.ok ? lines.value.find((line) => line.includes(0)) : undefined
  if (!lines.ok || first === undefined || first.includes('symref=HEAD:')) return body
  if (lines.value.some((line) => /^[0-9a-f]{40} HEAD$/.test(refPart(line)))) return body
  const at = first.byteOffset - body.byteOffset
  const end = first.at(-1) === NEWLINE ? first.length - 1 : first.length
  const line = Buffer.concat([first.subarray(0, end), Buffer.from(`${SYMREF}\n`)])
  const length = (line.length + 4).toString(16).padStart(4, '0')
  return Buffer.concat([
    body.subarray(0, at - 4),
    Buffer.from(length),
    line,
    body.subarray(at + first.length),
  ])
}

const NEWLINE = 0x0a

function refPart(line: Buffer): string {
  const nul = line.indexOf(0)
  return line.toString('latin1', 0, nul < 0 ? line.length : nul).trimEnd()
}
