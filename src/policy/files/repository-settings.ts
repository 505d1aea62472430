/** `.plumbline.yaml`: what a policy repository says of itself. */
import { nearestName } from '../../model/nearest-name.ts'
import type { Problem } from '../../model/problem.ts'
import type { Document, DocumentPath } from '../document.ts'
import { printPath } from '../print-path.ts'
import { type ReadingProblemText, readingProblem } from '../yaml/reading-problem.ts'
import { quote } from '../yaml/scalar-problems.ts'
import {
  hasManyStars,
  type KindPattern,
  matchesGlob,
  matchesKind,
  parseKindPattern,
} from './kind-pattern.ts'

export interface RepositorySettings {
  /** For objects that name no namespace. */
  readonly defaultNamespace: string
  /** Kinds of others that stand beside the policies and are passed over. */
  readonly ignoreKinds: readonly KindPattern[]
  /** The only kinds the repository may hold; absent for any. */
  readonly kinds?: readonly KindPattern[]
  /** Patterns of the only namespaces it may touch; absent for any. */
  readonly namespaces?: readonly string[]
}

export const DEFAULT_SETTINGS: RepositorySettings = { defaultNamespace: 'default', ignoreKinds: [] }

export function allowsKind(
  settings: RepositorySettings,
  kind: { readonly group: string; readonly kind: string },
): boolean {
  return settings.kinds?.some((pattern) => matchesKind(pattern, kind)) ?? true
}

export function allowsNamespace(settings: RepositorySettings, namespace: string): boolean {
  return settings.namespaces?.some((pattern) => matchesGlob(pattern, namespace)) ?? true
}

export interface ReadSettings {
  readonly settings: RepositorySettings
  readonly problems: readonly Problem[]
}

interface OwnKind {
  readonly group: string
  readonly kind: string
}

/** Fields that are wrong keep their defaults; the problems stop the commit anyway. */
export function readSettings(document: Document, ownKinds: readonly OwnKind[] = []): ReadSettings {
  const reader = new SettingsReader(document, ownKinds)
  return { settings: reader.read(), problems: reader.problems }
}

const FIELDS = ['defaultNamespace', 'ignoreKinds', 'kinds', 'namespaces'] as const
type Field = (typeof FIELDS)[number]

const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const NAMESPACE_PATTERN = /^[-a-z0-9*]{1,63}$/

/** Lives for one document; collects its problems. */
class SettingsReader {
  readonly problems: Problem[] = []
  readonly #document: Document
  readonly #ownKinds: readonly OwnKind[]
  readonly #value: Readonly<Record<string, unknown>>

  constructor(document: Document, ownKinds: readonly OwnKind[]) {
    this.#document = document
    this.#ownKinds = ownKinds
    this.#value = document.value as Readonly<Record<string, unknown>>
  }

  read(): RepositorySettings {
    for (const name of Object.keys(this.#value)) {
      if (!FIELDS.some((field) => field === name)) this.#refuseField(name)
    }
    const kinds = this.#list('kinds', parseKindPattern)
    const namespaces = this.#list('namespaces', parseNamespacePattern)
    return {
      defaultNamespace: this.#defaultNamespace(),
      ignoreKinds: this.#ignoreKinds(),
      ...(kinds === undefined ? {} : { kinds }),
      ...(namespaces === undefined ? {} : { namespaces }),
    }
  }

  #defaultNamespace(): string {
    const value = this.#value['defaultNamespace']
    if (value === undefined) return DEFAULT_SETTINGS.defaultNamespace
    if (typeof value === 'string' && NAMESPACE.test(value)) return value
    this.#refuse(
      ['defaultNamespace'],
      'defaultNamespace must be the name of a namespace',
      EXAMPLES.defaultNamespace,
    )
    return DEFAULT_SETTINGS.defaultNamespace
  }

  /** A kind that Plumbline enforces is never passed over: not by `*`, and not by name either, where saying so is a mistake. */
  #ignoreKinds(): readonly KindPattern[] {
    return (
      this.#list('ignoreKinds', parseKindPattern, (pattern, index) => {
        const named = this.#ownKinds.find(
          (own) => own.kind === pattern.kind && matchesKind(pattern, own),
        )
        if (named === undefined) return
        this.#add(this.#document.locate(['ignoreKinds', index]), ['ignoreKinds', index], {
          code: 'PLB0118',
          message: `Plumbline enforces ${named.kind}, so it cannot pass it over`,
          fix: 'list the files that hold it in .plumbignore',
        })
      }) ?? []
    )
  }

  #list<T>(
    field: Exclude<Field, 'defaultNamespace'>,
    parse: (text: string) => T | undefined,
    judge: (parsed: T, index: number) => void = () => {},
  ): readonly T[] | undefined {
    const value = this.#value[field]
    if (value === undefined) return undefined
    if (!Array.isArray(value)) {
      this.#refuse([field], `${field} must be a sequence`, EXAMPLES[field])
      return undefined
    }
    return value.flatMap((item: unknown, index) => {
      const parsed = typeof item === 'string' ? parse(item) : undefined
      if (parsed !== undefined) {
        judge(parsed, index)
        return [parsed]
      }
      const found = typeof item === 'string' ? quote(item) : 'this'
      this.#refuse([field, index], `${found} is no pattern of ${field}`, EXAMPLES[field])
      return []
    })
  }

  #refuseField(name: string): void {
    const nearest = nearestName(name, FIELDS)
    const hint = nearest === undefined ? '' : `; ${nearest} is the nearest`
    this.#add(this.#document.locateKey([name]), [name], {
      code: 'PLB0116',
      message: `the settings have no field ${quote(name)}${hint}`,
      fix: `use one of ${FIELDS.join(', ')}`,
    })
  }

  #refuse(path: DocumentPath, message: string, fix: string): void {
    this.#add(this.#document.locate(path), path, { code: 'PLB0116', message, fix })
  }

  #add(location: Problem['location'], path: DocumentPath, text: ReadingProblemText): void {
    this.problems.push(readingProblem(location, { ...text, path: printPath(path) }))
  }
}

const EXAMPLES = {
  defaultNamespace: 'write it as in: defaultNamespace: shop',
  ignoreKinds: 'write kinds as in: ignoreKinds: [Service, apps/*, "*.istio.io/*"]',
  kinds: 'write kinds as in: kinds: [TrafficTarget, specs.smi-spec.io/*]',
  namespaces: 'write names as in: namespaces: [shop, team-a-*]',
} as const satisfies Record<Field, string>

function parseNamespacePattern(text: string): string | undefined {
  return NAMESPACE_PATTERN.test(text) && !hasManyStars(text) ? text : undefined
}
