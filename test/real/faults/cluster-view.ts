/** What a cluster has of the repository's, of others', and whether anything was ever made twice. */
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import { REPOSITORY_LABEL } from '../../../src/reconciler/owner-mark.ts'

const ENROLLED = 'openservicemesh.io/monitored-by'

export interface ClusterView {
  /** The accounts that each grant with our mark lets in. */
  readonly grants: Readonly<Record<string, readonly string[]>>
  /** The patterns of route groups with our mark. */
  readonly patterns: readonly string[]
  /** Objects with our mark of kinds that not every commit has. */
  readonly rare: readonly string[]
  /** Namespaces with our mark, and namespaces that are enrolled by whomever. */
  readonly marked: readonly string[]
  readonly enrolled: readonly string[]
  /** Grants without our mark. */
  readonly others: readonly string[]
}

export interface Listed {
  readonly grants: readonly KubernetesObject[]
  readonly routes: readonly KubernetesObject[]
  readonly rare: readonly KubernetesObject[]
  readonly namespaces: readonly KubernetesObject[]
}

export async function listAll(
  list: (path: string) => Promise<readonly KubernetesObject[]>,
): Promise<Listed> {
  return {
    grants: await list('/apis/access.smi-spec.io/v1alpha3/traffictargets'),
    routes: await list('/apis/specs.smi-spec.io/v1alpha4/httproutegroups'),
    rare: [
      ...(await list('/apis/split.smi-spec.io/v1alpha4/trafficsplits')),
      ...(await list('/apis/specs.smi-spec.io/v1alpha4/tcproutes')),
    ],
    namespaces: await list('/api/v1/namespaces'),
  }
}

export function viewOf({ grants, routes, rare, namespaces }: Listed): ClusterView {
  return {
    grants: Object.fromEntries(grants.filter(isMarked).map((one) => [nameOf(one), sourcesOf(one)])),
    patterns: routes.filter(isMarked).flatMap(patternsOf),
    rare: rare.filter(isMarked).map(nameOf),
    marked: namespaces.filter(isMarked).map(nameOf),
    enrolled: namespaces.filter(({ metadata }) => metadata.labels?.[ENROLLED]).map(nameOf),
    others: grants.filter((one) => !isMarked(one)).map(nameOf),
  }
}

/** By name; an object that was deleted and made again has another. */
export function uidsOf(
  listed: Listed,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const { grants, routes, namespaces } = listed
  return Object.fromEntries(
    [...grants, ...routes, ...namespaces]
      .filter((one) => names.includes(nameOf(one)))
      .map((one) => [`${one.kind ?? ''} ${nameOf(one)}`, one.metadata.uid]),
  )
}

function isMarked({ metadata }: KubernetesObject): boolean {
  return metadata.labels?.[REPOSITORY_LABEL] !== undefined
}

function nameOf({ metadata }: KubernetesObject): string {
  return metadata.name
}

function sourcesOf({ spec }: KubernetesObject): readonly string[] {
  const { sources } = spec as { readonly sources: readonly { readonly name: string }[] }
  return sources.map(({ name }) => name)
}

function patternsOf({ spec }: KubernetesObject): readonly string[] {
  const { matches } = spec as { readonly matches: readonly { readonly pathRegex: string }[] }
  return matches.map(({ pathRegex }) => pathRegex)
}
