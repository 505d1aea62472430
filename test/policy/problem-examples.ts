/** Examples that no block of YAML in docs/problems.md can show: bytes, paths and sheer size. */
import type { SourceFile } from '../../src/model/source-file.ts'
import type { KnownProblemCode } from '../../src/policy/problem-codes.ts'
import { aFile, aSubmodule, aSymlink } from './files/a-file.ts'

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

function many(count: number, text: string): SourceFile[] {
  const file = aFile('policy.yaml', text)
  return Array.from({ length: count }, (_, at) => ({ ...file, path: `policy-${at}.yaml` }))
}

export const EXAMPLES: { readonly [Code in KnownProblemCode]?: readonly SourceFile[] } = {
  PLB0101: [aFile('policy.yaml', `# ${'x'.repeat(1 << 20)}\n`)],
  PLB0102: many(65, `# ${'x'.repeat((1 << 20) - 3)}\n`),
  PLB0103: many(20_001, 'a: 1\n'),
  PLB0104: [aSymlink('team-a/policy.yaml')],
  PLB0105: [aSubmodule('shared')],
  PLB0106: [aFile('shop\\policy.yaml', 'a: 1')],
  PLB0107: [aFile('Shop/policy.yaml', 'a: 1'), aFile('shop/policy.yaml', 'a: 1')],
  PLB0109: [aFile('policy.yaml', ascii('\0GITCRYPT\0secret'))],
  PLB0111: [aFile('policy.yaml', ascii('\xff\xfea\0:\0 \x001\0'))],
  PLB0112: [aFile('policy.yaml', ascii('name: shop\nowner: Ren\xe9\n'))],
  PLB0113: [aFile('policy.yaml', ascii('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'))],
  PLB0119: [aFile('policy.yaml', '---\na: 1\n'.repeat(10_001))],
  PLB0120: [aFile('.plumbignore', 'workloads/\n*a*b*c*.yaml\n')],
  PLB0222: [aFile('policy.yaml', `a: ${'x'.repeat(262_145)}\n`)],
  PLB0223: [aFile('policy.yaml', Array.from({ length: 2_001 }, (_, at) => `k${at}: 1\n`).join(''))],
  PLB0224: [aFile('policy.yaml', `a:\n${'  - on\n'.repeat(150)}`)],
}
