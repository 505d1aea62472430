/** Compiles the files of a commit to its Intent, or to every problem in them. */
import { canonicalJson } from '../model/canonical-json.ts'
import type { CommitSha } from '../model/commit-sha.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { type ObjectId, toObjectKey } from '../model/object-id.ts'
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
import { toLiveDocument } from './link/live-document.ts'
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

/** An object of a commit, and what somebody made of it: absent for one that was deleted. */
export interface ObjectEdit {
  readonly id: ObjectId
  readonly live: KubernetesObject | undefined
}

export type EditedCommit =
  | { readonly type: 'valid'; readonly intent: Intent }
  /** Errors only, of the edited object or of those that refer to it; at least one. */
  | { readonly type: 'invalid'; readonly problems: readonly Problem[] }

/** What an Intent was built from. */
interface Sources {
  readonly fragments: readonly Fragment[]
  readonly settings: RepositorySettings
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
  readonly #sources = new WeakMap<Intent, Sources>()

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
    this.#sources.set(intent, { fragments, settings: repository.settings })
    return { type: 'valid', intent, problems, stats: { ...stats, objects: intent.objects.length } }
  }

  /**
   * What the commit would have been, had one of its objects been committed as it is in the cluster. Nothing is parsed, and what
   * the object does not touch is the same objects as in the Intent. `undefined` for an Intent that this compiler did not make,
   * or that has no such object.
   */
  compileEdited(intent: Intent, { id, live }: ObjectEdit): EditedCommit | undefined {
    const sources = this.#sources.get(intent)
    const key = toObjectKey(id)
    const index = sources?.fragments.findIndex((one) => one.type === 'usable' && one.key === key)
    const declared = sources?.fragments[index ?? -1]
    if (sources === undefined || index === undefined || declared === undefined) return undefined
    const document = live && toLiveDocument(live, declared.document.locate([]))
    const edited = document === undefined ? [] : [toFragment(document, sources.settings)]
    const fragments = sources.fragments.toSpliced(index, 1, ...edited)
    const linked = this.#linker.tryLink(fragments)
    const problems = [...edited.flatMap((fragment) => fragment.problems), ...linked.problems]
    const errors = problems.filter(({ severity }) => severity === 'error')
    if (errors.length > 0) return { type: 'invalid', problems: errors }
    return { type: 'valid', intent: buildIntent(intent.commit, linked) }
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
