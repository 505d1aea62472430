/** What is said about a document that YAML allows and a policy does not. */
import type { ReadingProblemText } from './reading-problem.ts'
import { quote } from './scalar-problems.ts'

export function duplicateKey(key: string): ReadingProblemText {
  return {
    code: 'PLB0203',
    message: `the key ${quote(key)} stands twice in this mapping, and readers differ in which one they keep`,
    fix: 'keep one of the two',
  }
}

export function unsafeKey(key: string): ReadingProblemText {
  return {
    code: 'PLB0204',
    message: `the key ${quote(key)} has a meaning to programs that no policy needs`,
    fix: 'delete the key',
  }
}

export function keyNotText(): ReadingProblemText {
  return {
    code: 'PLB0205',
    message: 'a key must be text; JSON, which the API server speaks, has no other keys',
    fix: 'write a name before the colon, in quotes if it is null or ~',
  }
}

export function taggedKey(): ReadingProblemText {
  return { code: 'PLB0208', message: 'a key carries a tag', fix: 'delete the tag' }
}

export function mergeKey(): ReadingProblemText {
  return {
    code: 'PLB0211',
    message: 'the merge key << is YAML 1.1; in YAML 1.2 it is a field of that name',
    fix: 'write the fields out',
  }
}

export function unknownAlias(name: string): ReadingProblemText {
  return {
    code: 'PLB0210',
    message: `the alias ${quote(`*${name}`)} stands for nothing: no value before it in this document carries &${quote(name).slice(1, -1)}`,
    fix: 'write the value itself, or anchor it earlier in the same document',
  }
}

export function anchorTwice(name: string): ReadingProblemText {
  return {
    code: 'PLB0209',
    message: `the anchor ${quote(`&${name}`)} is defined twice in this document`,
    fix: 'give the second one a name of its own',
  }
}

export function tooManyValues(limit: number): ReadingProblemText {
  return {
    code: 'PLB0221',
    message: `the document holds more than ${limit} values once its aliases are expanded`,
    fix: 'split it into smaller documents, and write out what aliases multiply',
  }
}

export function tooManyKeys(found: number, limit: number): ReadingProblemText {
  return {
    code: 'PLB0223',
    message: `this mapping has ${found} keys; the limit is ${limit}`,
    fix: 'split the object',
  }
}

export function scalarTooLong(found: number, limit: number): ReadingProblemText {
  return {
    code: 'PLB0222',
    message: `this text is ${found} characters long; the limit is ${limit}`,
    fix: 'shorten it',
  }
}

export function moreProblems(shown: number): ReadingProblemText {
  return {
    code: 'PLB0224',
    message: `from here on the document has more problems than the ${shown} that are listed`,
    fix: 'mend those first',
  }
}
