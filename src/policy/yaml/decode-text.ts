/** Bytes of a policy file to text, or the reason why they are not the text of a policy. Nothing of a non-text is shown. */
import type { Problem } from '../../model/problem.ts'
import type { SourceFile } from '../../model/source-file.ts'
import { fileProblem, readingProblem } from './reading-problem.ts'
import { SourceText } from './source-text.ts'

export type DecodedFile =
  | { readonly type: 'text'; readonly source: SourceText }
  | { readonly type: 'unreadable'; readonly problem: Problem }

const decoder = new TextDecoder('utf-8', { fatal: true })
const GIT_CRYPT = '\0GITCRYPT\0'
const GIT_LFS = 'version https://git-lfs.github.com/spec/'

export function decodeText(file: Pick<SourceFile, 'path' | 'bytes'>): DecodedFile {
  const problem = findUnreadable(file.path, file.bytes)
  if (problem !== undefined) return { type: 'unreadable', problem }
  const text = decodeUtf8(file.bytes)
  if (text === undefined) return { type: 'unreadable', problem: notUtf8(file.path, file.bytes) }
  if (text.startsWith(GIT_LFS)) return { type: 'unreadable', problem: lfsPointer(file.path) }
  return { type: 'text', source: new SourceText(file.path, text) }
}

function findUnreadable(path: string, bytes: Uint8Array): Problem | undefined {
  if (startsWithAscii(bytes, GIT_CRYPT)) {
    return fileProblem(path, {
      code: 'PLB0109',
      message: 'the file is encrypted by git-crypt, so its policy cannot be read or reviewed',
      fix: 'commit policy as plain text; it holds no secrets',
    })
  }
  const encoding = findWideEncoding(bytes)
  if (encoding !== undefined) {
    return fileProblem(path, {
      code: 'PLB0111',
      message: `the file is ${encoding}; policy files are UTF-8`,
      fix: `convert it: iconv -f ${encoding} -t UTF-8`,
    })
  }
  const nul = bytes.indexOf(0)
  if (nul < 0) return undefined
  return fileProblem(path, {
    code: 'PLB0113',
    message: `byte ${nul} is NUL, so this is a binary file and not YAML`,
    fix: 'replace it by YAML text, or list the file in .plumbignore',
  })
}

/** By byte order mark (YAML 1.2.2, 5.2), or by the NUL bytes that ASCII characters have in the wider encodings. */
function findWideEncoding(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, 4)
  if (!head.some((byte) => byte === 0 || byte >= 0xfe)) return undefined
  const shape = shapeOf(head)
  return WIDE_ENCODINGS.find(([, pattern]) => pattern.test(shape))?.[0]
}

/** One letter a byte: `0` for NUL, `a` for ASCII, `F` and `E` for the bytes of a mark, `x` for the rest. */
function shapeOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    if (byte === 0) return '0'
    if (byte === 0xff) return 'F'
    if (byte === 0xfe) return 'E'
    return byte < 0x80 ? 'a' : 'x'
  }).join('')
}

// UTF-32 first: its little-endian mark begins with that of UTF-16.
const WIDE_ENCODINGS: readonly (readonly [name: string, shape: RegExp])[] = [
  ['UTF-32LE', /^(?:FE00|a000)/],
  ['UTF-32BE', /^(?:00EF|000a)/],
  ['UTF-16LE', /^(?:FE|a0a0)/],
  ['UTF-16BE', /^(?:EF|0a0a)/],
]

function startsWithAscii(bytes: Uint8Array, prefix: string): boolean {
  for (let at = 0; at < prefix.length; at++) {
    if (bytes[at] !== prefix.charCodeAt(at)) return false
  }
  return true
}

/** A byte order mark is dropped. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

function notUtf8(path: string, bytes: Uint8Array): Problem {
  const offset = findInvalidUtf8(bytes)
  let line = 1
  for (const byte of bytes.subarray(0, offset)) if (byte === 0x0a) line++
  const byte = (bytes[offset] ?? 0).toString(16).toUpperCase().padStart(2, '0')
  return readingProblem(
    { file: path, line, column: 1 },
    {
      code: 'PLB0112',
      message: `byte 0x${byte} at offset ${offset} is not UTF-8`,
      fix: 'save the file as UTF-8',
    },
  )
}

/** Decoding with replacement and encoding again gives the same bytes up to the first that is invalid. */
function findInvalidUtf8(bytes: Uint8Array): number {
  const again = new TextEncoder().encode(
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
  )
  const differs = bytes.findIndex((byte, at) => byte !== again[at])
  return differs < 0 ? bytes.length - 1 : differs
}

function lfsPointer(path: string): Problem {
  return fileProblem(path, {
    code: 'PLB0108',
    message: 'the file is a Git LFS pointer; its content is not in the commit',
    fix: 'take the path out of .gitattributes and commit the YAML itself',
  })
}
