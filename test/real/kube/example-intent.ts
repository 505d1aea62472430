/** policies-example as a commit of it means it. */
import { join } from 'node:path'
import { readFolder } from '../../../src/cli/read-folder.ts'
import type { Intent } from '../../../src/policy/intent.ts'
import { PolicyCompiler } from '../../../src/policy/policy-compiler.ts'
import { READING_LIMITS } from '../../../src/policy/yaml/reading-limits.ts'
import { A_COMMIT, printProblems } from '../../support/policy-files.ts'

export async function exampleIntent(): Promise<Intent> {
  const folder = join(import.meta.dirname, '../../../policies-example')
  const signal = new AbortController().signal
  const files = await readFolder({ folder, prefix: '', limits: READING_LIMITS, signal })
  const result = new PolicyCompiler().compile({ commit: A_COMMIT, files, root: '' })
  if (result.type === 'valid') return result.intent
  throw new Error(printProblems(result.problems))
}
