/** Rules on single values inside schemas, each with its own problem code, message and fix. */
import type { z } from 'zod'
import type { ProblemText } from '../../problem-at.ts'

/** A check for zod that says what is wrong in our words; `undefined` accepts the value. */
export function rule<Value>(
  judge: (value: Value) => ProblemText | undefined,
): (context: z.core.ParsePayload<Value>) => void {
  return (context) => {
    const text = judge(context.value)
    if (text === undefined) return
    context.issues.push({ code: 'custom', input: context.value, path: [], params: { text } })
  }
}

/** What a rule said, if the issue is a rule's. */
export function ruleText(issue: z.core.$ZodIssue): ProblemText | undefined {
  if (issue.code !== 'custom') return undefined
  const text: unknown = issue.params?.['text']
  return text as ProblemText | undefined
}
