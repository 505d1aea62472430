/** The kinds of policy, as the cluster serves them: by whose definition, and at which versions. Pure. */
import { canonicalJson } from '../../model/canonical-json.ts'
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { MANAGED_BY } from '../../render/kubernetes/crds/custom-resource-definitions.ts'
import { type Check, fail, pass, warn } from './check.ts'

interface Version {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly schema?: unknown
}

const NAME = 'definitions'

/** `live` has those that are there, by name. */
export function judgeDefinitions(
  expected: readonly KubernetesObject[],
  live: ReadonlyMap<string, KubernetesObject>,
): readonly Check[] {
  const missing = expected.filter(({ metadata }) => !live.has(metadata.name))
  if (missing.length === expected.length)
    return [
      fail(NAME, 'none of the kinds of policy is defined', {
        expected: `all ${expected.length}`,
        fix: 'plumb install',
      }),
    ]
  const there = expected.flatMap((definition) => {
    const found = live.get(definition.metadata.name)
    return found === undefined ? [] : [{ definition, found }]
  })
  const faults = [
    ...missing.map(({ metadata }) => notDefined(metadata.name)),
    ...there.flatMap(({ definition, found }) => judgeServed(definition, found)),
    ...judgeShapes(there),
  ]
  return faults.length > 0 ? faults : [pass(NAME, printFound(there.map(({ found }) => found)))]
}

function printFound(live: readonly KubernetesObject[]): string {
  const foreign = live.filter((definition) => !isOurs(definition))
  const rest = foreign.length === 0 ? '' : `, ${foreign.length} of them by somebody else`
  return `all ${live.length} kinds are served at the versions that are applied${rest}`
}

function judgeServed(expected: KubernetesObject, found: KubernetesObject): readonly Check[] {
  const { name } = expected.metadata
  const wanted = versionsOf(expected).find(({ storage }) => storage)
  const versions = versionsOf(found)
  const isServed = versions.some((one) => one.name === wanted?.name && one.served)
  if (!isServed)
    return [
      fail(
        NAME,
        `${name} is served at ${printServed(versions)}${isOurs(found) ? '' : ', by a definition of somebody else'}`,
        {
          expected: `${wanted?.name}, at which commits are applied; until then objects of the kind wait`,
          fix: isOurs(found)
            ? 'plumb install'
            : `ask its owner for ${wanted?.name}, or give it up to us: kubectl label crd ${name} ${printLabel()}`,
        },
      ),
    ]
  return []
}

interface Pair {
  readonly definition: KubernetesObject
  readonly found: KubernetesObject
}

function judgeShapes(there: readonly Pair[]): readonly Check[] {
  const others = there.filter(
    ({ definition, found }) => isOurs(found) && shapeOf(definition) !== shapeOf(found),
  )
  if (others.length === 0) return []
  const names = others.map(({ found }) => found.metadata.name).join(', ')
  return [
    warn(NAME, `ours, and not as this version of plumb has them: ${names}`, {
      expected: 'the same version of plumb here and in the cluster',
      fix: 'plumb install brings them to the version of this plumb; a control plane brings them to its own when it starts',
    }),
  ]
}

function notDefined(name: string): Check {
  return fail(NAME, `${name} is not defined`, {
    expected: 'every kind of policy; objects of a kind that is missing wait',
    fix: 'plumb install, or kubectl apply --server-side -f deploy/kubernetes/crds.yaml',
  })
}

function isOurs({ metadata }: KubernetesObject): boolean {
  return Object.entries(MANAGED_BY).every(([key, value]) => metadata.labels?.[key] === value)
}

function printLabel(): string {
  return Object.entries(MANAGED_BY)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function printServed(versions: readonly Version[]): string {
  const served = versions.filter((one) => one.served).map((one) => one.name)
  return served.join(', ') || 'no version'
}

function versionsOf(definition: KubernetesObject): readonly Version[] {
  return (definition['spec'] as { readonly versions: readonly Version[] }).versions
}

/** What the API server does not add to. It leaves out members that are empty. */
function shapeOf(definition: KubernetesObject): string {
  return canonicalJson(
    versionsOf(definition).map(({ name, served, storage, schema }) => ({
      ...{ name, served, storage },
      schema: withoutEmpty(schema),
    })),
  )
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => [key, withoutEmpty(member)] as const)
  return members.length === 0 ? undefined : Object.fromEntries(members)
}
