/** Every problem code. docs/problems.md documents each with an example and its mend; a test keeps the two together. */
import { LANGUAGE_CODES } from './problem-codes/language-codes.ts'
import { READING_CODES } from './problem-codes/reading-codes.ts'
import { TEST_CODES } from './problem-codes/test-codes.ts'

export const PROBLEM_CODES = { ...READING_CODES, ...LANGUAGE_CODES, ...TEST_CODES }

export type KnownProblemCode = keyof typeof PROBLEM_CODES
