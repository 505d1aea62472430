/** What the API server calls the kinds in its URLs, as its discovery says; asked once a group and version. */
import { type ObjectKind, toApiVersion } from '../../model/object-id.ts'
import { ClusterError } from '../cluster.ts'
import { versionPath } from '../cluster-api/paths.ts'

export interface ServedKind {
  readonly plural: string
  readonly namespaced: boolean
}

type Table = ReadonlyMap<string, ServedKind>

interface ApiResourceList {
  readonly resources: readonly {
    readonly name: string
    readonly kind: string
    readonly namespaced: boolean
  }[]
}

export class ServedKinds {
  readonly #get: (path: string) => Promise<unknown>
  readonly #tables = new Map<string, Promise<Table>>()

  constructor(get: (path: string) => Promise<unknown>) {
    this.#get = get
  }

  /** Throws `KindNotServed`: what is not there is looked for again every time, for it may have been installed. */
  async of(kind: ObjectKind): Promise<ServedKind> {
    const path = versionPath(kind)
    const known = this.#tables.get(path)
    const served = (await known)?.get(kind.kind) ?? (await this.#ask(path, known)).get(kind.kind)
    if (served !== undefined) return served
    throw new ClusterError(
      'KindNotServed',
      `the cluster serves no kind ${kind.kind} at ${toApiVersion(kind)}; is its CustomResourceDefinition installed?`,
    )
  }

  /** Callers that come at the same time share one request. */
  async #ask(path: string, known: Promise<Table> | undefined): Promise<Table> {
    const current = this.#tables.get(path)
    if (current !== undefined && current !== known) return await current
    const asked = this.#read(path)
    this.#tables.set(path, asked)
    try {
      return await asked
    } catch (error) {
      if (this.#tables.get(path) === asked) this.#tables.delete(path)
      throw error
    }
  }

  async #read(path: string): Promise<Table> {
    try {
      const { resources } = (await this.#get(path)) as ApiResourceList
      const whole = resources.filter(({ name }) => !name.includes('/'))
      return new Map(
        whole.map(({ kind, name, namespaced }) => [kind, { plural: name, namespaced }]),
      )
    } catch (error) {
      const isAbsent =
        error instanceof ClusterError &&
        (error.code === 'KindNotServed' || error.code === 'NotFound')
      if (isAbsent) return new Map()
      throw error
    }
  }
}
