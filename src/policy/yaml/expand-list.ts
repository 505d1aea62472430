/** The objects of a document: itself, or the items of a `kind: List` (kubectl's way of printing several). */
import type { DocumentPath } from '../document.ts'
import type { ReadingProblemText } from './reading-problem.ts'

export interface ListedObject {
  readonly path: DocumentPath
  readonly value: Readonly<Record<string, unknown>>
}

export interface ListedProblem {
  readonly path: DocumentPath
  readonly text: ReadingProblemText
}

export interface ExpandedList {
  readonly objects: readonly ListedObject[]
  readonly problems: readonly ListedProblem[]
}

/** An empty document has no object and no problem; neither has one past its limits, which was reported as such. */
export function expandList(value: unknown): ExpandedList {
  if (value === null || value === undefined) return { objects: [], problems: [] }
  if (!isMapping(value)) return { objects: [], problems: [{ path: [], text: notAnObject(value) }] }
  if (!isList(value)) return { objects: [{ path: [], value }], problems: [] }
  const { items } = value
  if (!Array.isArray(items)) {
    return { objects: [], problems: [{ path: ['items'], text: itemsMissing() }] }
  }
  const objects: ListedObject[] = []
  const problems: ListedProblem[] = []
  for (const [index, item] of items.entries() as Iterable<[number, unknown]>) {
    const path = ['items', index]
    if (!isMapping(item)) problems.push({ path, text: notAnObject(item) })
    else if (isList(item)) problems.push({ path, text: nestedList() })
    else objects.push({ path, value: item })
  }
  return { objects, problems }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: Readonly<Record<string, unknown>>): boolean {
  return value['kind'] === 'List' && value['apiVersion'] === 'v1'
}

function notAnObject(value: unknown): ReadingProblemText {
  const found = Array.isArray(value) ? 'a sequence' : value === null ? 'nothing' : 'a single value'
  return {
    code: 'PLB0215',
    message: `${found} stands here where a Kubernetes object should`,
    fix: 'write an object with apiVersion, kind and metadata, or list the file in .plumbignore',
  }
}

function itemsMissing(): ReadingProblemText {
  return {
    code: 'PLB0216',
    message: 'a List without a sequence of items',
    fix: 'write the objects under items, or each as a document of its own',
  }
}

function nestedList(): ReadingProblemText {
  return {
    code: 'PLB0216',
    message: 'a List within a List',
    fix: 'move its items to the outer List, or write each as a document of its own',
  }
}
