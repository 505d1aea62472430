/** Names of objects, namespaces and labels as Kubernetes has them (RFC 1123). */
import { z } from 'zod'
import type { ProblemText } from '../../problem-at.ts'
import { rule } from './rule.ts'

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

/** Names of namespaces and services: at most 63 characters without dots. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && LABEL.test(text)
}

/** Names of most objects: at most 253 characters, dots allowed. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && SUBDOMAIN.test(text)
}

export function judgeLabel(text: string): ProblemText | undefined {
  return isDnsLabel(text) ? undefined : invalidName(text, 63)
}

export function judgeSubdomain(text: string): ProblemText | undefined {
  return isDnsSubdomain(text) ? undefined : invalidName(text, 253)
}

function invalidName(text: string, limit: number): ProblemText {
  const dots = limit > 63 ? ', "-" and "."' : ' and "-"'
  const suggestion = suggestName(text, limit)
  return {
    code: 'PLB0320',
    message: `${JSON.stringify(shorten(text))} is not a name that Kubernetes accepts: 1 to ${limit} lowercase letters, digits${dots}, beginning and ending with a letter or digit`,
    fix: suggestion === undefined ? 'choose another name' : `write ${suggestion}`,
  }
}

function suggestName(text: string, limit: number): string | undefined {
  const joined = text.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, '-')
  const name = limit > 63 ? joined : joined.replaceAll('.', '-')
  const trimmed = name.replaceAll(/^[-.]+|[-.]+$/g, '')
  const fits = limit > 63 ? isDnsSubdomain(trimmed) : isDnsLabel(trimmed)
  return fits && trimmed !== text ? trimmed : undefined
}

export function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

export const namespaceName = z
  .string()
  .check(rule(judgeLabel))
  .meta({ maxLength: 63, pattern: LABEL.source })

export const objectName = z
  .string()
  .check(rule(judgeSubdomain))
  .meta({ maxLength: 253, pattern: SUBDOMAIN.source })
