/** Builders of problems, for the printers. */
import type { Problem } from '../../../src/model/problem.ts'

export function aProblem(changes: Partial<Problem> = {}, line = 2, column = 4): Problem {
  return {
    code: 'PLB0203',
    severity: 'error',
    location: { file: 'shop/a.yaml', line, column },
    path: 'spec.a',
    message: 'the key "a" stands twice',
    fix: 'keep one of the two',
    ...changes,
  }
}

/** An escape sequence, an override, a workflow command, markup: what a hostile commit would like to print. */
export const HOSTILE = 'x\u001b[31m\u202e\n::error::<b>&"%0A\u0085\ud800'
