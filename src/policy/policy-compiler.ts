/** Compiles the files of a commit to its Intent, or to every problem in them. */
import { canonicalJson } from '../model/canonical-json.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { Problem } from '../model/problem.ts'
import { sortProblems } from '../model/problem-order.ts'
import type { SourceFile } from '../model/source-file.ts'
import type { Document } from './document.ts'
import { DocumentCache } from './files/document-cache.ts'
import { readRepository } from './files/read-repository.ts'
import type { RepositorySettings } from './files/repository-settings.ts'
import type { Intent } from './intent.ts'
import { buildIntent } from './link/build-intent.ts'
import type { Fragment } from './link/fragment.ts'
import { Linker } from './link/linker.ts'
import { toFragment } from './link/to-fragment.ts'
import { PROBLEM_CODES } from './problem-codes.ts'
import { KINDS } from './registry.ts'

export interface CompilationStats {
  readonly files: number
  readonly documents: number
  /** Objects to apply; 0 for an invalid commit. */
  readonly objects: number
}

export type Compilation =
  | {
      readonly type: 'valid'
      readonly intent: Intent
      /** Warnings. */
      readonly problems: readonly Problem[]
      readonly stats: CompilationStats
    }
  | {
      readonly type: 'invalid'
      /** At least one error; warnings beside it. */
      readonly problems: readonly Problem[]
      readonly stats: CompilationStats
    }

export interface CompilerInput {
  readonly commit: CommitSha
  readonly files: readonly SourceFile[]
  /** The folder of the repository that holds the policies; `''` for all of it. */
  readonly root: string
}

/**
 * Lives from commit to commit: an unchanged document is neither parsed nor checked again, and a link whose inputs
 * did not change is kept, so that the parts of an Intent that did not change are the same objects as before.
 * Problems come sorted by file, line, column and code. Never throws on any input.
 */
export class PolicyCompiler {
  readonly #documents = new DocumentCache()
  readonly #linker = new Linker()
  #fragments = new WeakMap<Document, Fragment>()
  /** What the fragments rest on beside their documents. */
  #settings = ''

  compile({ commit, files, root }: CompilerInput): Compilation {
    const repository = readRepository({ files, root, cache: this.#documents, ownKinds: KINDS })
    const fragments = this.#toFragments(repository.documents, repository.settings)
    const linked = this.#linker.link(fragments)
    const problems = sortProblems([
      ...repository.problems,
      ...fragments.flatMap((fragment) => fragment.problems),
      ...linked.problems,
      ...(fragments.length === 0 && repository.problems.length === 0 ? [nothing(root)] : []),
    ])
    const stats = { files: repository.fileCount, documents: fragments.length }
    if (problems.some(({ severity }) => severity === 'error'))
      return { type: 'invalid', problems, stats: { ...stats, objects: 0 } }
    const intent = buildIntent(commit, linked)
    return { type: 'valid', intent, problems, stats: { ...stats, objects: intent.objects.length } }
  }

  #toFragments(documents: readonly Document[], settings: RepositorySettings): readonly Fragment[] {
    const key = canonicalJson(settings)
    if (key !== this.#settings) {
      this.#settings = key
      this.#fragments = new WeakMap()
    }
    return documents.map((document) => {
      const known = this.#fragments.get(document)
      if (known !== undefined) return known
      const fragment = toFragment(document, settings)
      this.#fragments.set(document, fragment)
      return fragment
    })
  }
}

/** An empty commit is valid, and the reconciler never prunes for one; the author has most likely named the wrong folder. */
function nothing(root: string): Problem {
  return {
    code: 'PLB0340',
    severity: PROBLEM_CODES.PLB0340.severity,
    location: { file: root === '' ? '.' : root, line: 1, column: 1 },
    path: '',
    message: 'there is no policy document under this path',
    fix: 'check the path and .plumbignore; an empty commit removes nothing from the cluster',
  }
}
