/** What a commit changes in who may call what, in the mesh as all repositories together make it. */
import { type AccessChange, accessDiff } from '../../../policy/access/access-diff.ts'
import { type AccessRelation, buildAccessRelation } from '../../../policy/access/access-relation.ts'
import type { MatchCompiler } from '../../../policy/access/match-compiler.ts'
import type { Intent } from '../../../policy/intent.ts'
import type { MeshIntent } from '../../../policy/mesh-intent.ts'

/** The mesh that is served, and as it would be with another Intent of one repository. */
export interface ServedMesh {
  readonly mesh: MeshIntent | undefined
  meshWith(repository: string, intent: Intent): MeshIntent
}

export class MeshAccess {
  readonly #served: ServedMesh
  readonly #compiler: MatchCompiler
  readonly #relations = new WeakMap<MeshIntent, AccessRelation>()

  constructor(served: ServedMesh, compiler: MatchCompiler) {
    this.#served = served
    this.#compiler = compiler
  }

  /**
   * Against what is served now, worked out when it is asked for: no proxy has to wait for words. The first commit of a mesh is
   * compared with nothing: everything in it would be news.
   */
  changes(repository: string, intent: Intent): () => readonly AccessChange[] {
    const { mesh } = this.#served
    if (mesh === undefined) return () => []
    const next = this.#served.meshWith(repository, intent)
    return () => accessDiff(this.#relation(mesh), this.#relation(next), this.#compiler)
  }

  #relation(mesh: MeshIntent): AccessRelation {
    const known = this.#relations.get(mesh) ?? buildAccessRelation(mesh)
    this.#relations.set(mesh, known)
    return known
  }
}
