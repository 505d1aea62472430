/** Hosts outside the mesh: DNS names, with `*.` in front where a wildcard is meant. */
import { z } from 'zod'
import type { ProblemText } from '../../problem-at.ts'
import { isDnsSubdomain, shorten } from './names.ts'
import { rule } from './rule.ts'

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/

function judgeHost(text: string): ProblemText | undefined {
  const name = text.toLowerCase().replace(/^\*\./, '')
  if (isDnsSubdomain(name) && !IPV4.test(name)) return undefined
  return {
    code: 'PLB0532',
    message: `${JSON.stringify(shorten(text))} is not a host: a DNS name is expected, without scheme, port or path`,
    fix: IPV4.test(name) ? `write it under ipAddresses as ${name}/32` : suggestHost(text),
  }
}

function suggestHost(text: string): string {
  const host = text
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/[:/].*$/, '')
    .toLowerCase()
  return isDnsSubdomain(host) ? `write ${host}` : 'write a name such as api.example.com'
}

export const hostField = z.string().check(rule(judgeHost)).meta({ format: 'hostname' })
