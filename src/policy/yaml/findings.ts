/** What is found wrong in one document while it is built; located when the document is complete. */
import type { Problem } from '../../model/problem.ts'
import type { DocumentPath } from '../document.ts'
import { printPath } from '../print-path.ts'
import { moreProblems } from './document-problems.ts'
import type { NodeTable } from './node-table.ts'
import { type ReadingProblemText, readingProblem } from './reading-problem.ts'
import type { SourceText } from './source-text.ts'

export interface LocatedProblem {
  readonly problem: Problem
  /** `problem.path`, unprinted. */
  readonly path: DocumentPath
}

interface Finding {
  readonly node: number
  /** Within the file. */
  readonly offset: number
  readonly text: ReadingProblemText
}

/** Of one document: enough to see what is wrong with it, and finding each one's path stays cheap. */
const MAX_FINDINGS = 100

export class Findings {
  readonly #found: Finding[] = []

  add(finding: Finding): void {
    const { length } = this.#found
    if (length < MAX_FINDINGS) this.#found.push(finding)
    if (length === MAX_FINDINGS) this.#found.push({ ...finding, text: moreProblems(MAX_FINDINGS) })
  }

  locate(source: SourceText, nodes: NodeTable): readonly LocatedProblem[] {
    return this.#found.map(({ node, offset, text }) => {
      const path = nodes.pathTo(node)
      const related = text.code === 'PLB0203' ? { related: [firstOf(path, source, nodes)] } : {}
      const location = source.locate(offset)
      return {
        path,
        problem: readingProblem(location, { ...text, path: printPath(path), ...related }),
      }
    })
  }
}

/** Of two equal keys, a path leads to the first. */
function firstOf(path: DocumentPath, source: SourceText, nodes: NodeTable) {
  return source.locate(nodes.startOf(nodes.walk(0, path).key))
}
