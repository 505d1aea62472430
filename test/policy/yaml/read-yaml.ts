/** Text of a YAML file to what parseDocuments makes of it. */
import type { Problem } from '../../../src/model/problem.ts'
import { parseDocuments } from '../../../src/policy/yaml/parse-documents.ts'
import { READING_LIMITS, type ReadingLimits } from '../../../src/policy/yaml/reading-limits.ts'

export function readYaml(text: string | Uint8Array, limits: Partial<ReadingLimits> = {}) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  return parseDocuments({ path: 'policy.yaml', bytes }, { ...READING_LIMITS, ...limits })
}

/** `PLB0203 3:1 spec.a`: enough to say which problem stands where. */
export function shortForm(problem: Problem): string {
  const { line, column } = problem.location
  return `${problem.code} ${line}:${column} ${problem.path}`.trimEnd()
}

export function problemsOf(text: string | Uint8Array, limits?: Partial<ReadingLimits>): string[] {
  return readYaml(text, limits).problems.map(shortForm)
}

export function valuesOf(text: string): unknown[] {
  return readYaml(text).documents.map((document) => document.value)
}
