/** The rights of shipped roles, one by one, as an API server can be asked about them. Pure. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'

export interface Right {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  /** All of the cluster when absent. */
  readonly namespace?: string
  /** Any when absent. */
  readonly name?: string
}

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

/** Of every Role and ClusterRole among the manifests: what the control plane needs. */
export function neededRights(manifests: readonly KubernetesObject[]): readonly Right[] {
  return manifests
    .filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
    .flatMap((role) => {
      const { namespace } = role.metadata
      const place = role.kind === 'Role' && namespace !== undefined ? { namespace } : {}
      const rules = role['rules'] as readonly Rule[]
      return rules.flatMap((rule) => expand(rule).map((right) => ({ ...right, ...place })))
    })
}

function expand({ apiGroups, resources, verbs, resourceNames = [] }: Rule): readonly Right[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((path) => {
      const [resource = '', subresource] = path.split('/')
      const what = { group, resource, ...(subresource !== undefined && { subresource }) }
      return verbs.flatMap((verb): readonly Right[] =>
        resourceNames.length === 0
          ? [{ verb, ...what }]
          : resourceNames.map((name) => ({ verb, ...what, name })),
      )
    }),
  )
}

/** What whoever runs `plumb install` needs beside the rights that it hands on: of every object, to read it and to apply it. */
export function installRights(
  manifests: readonly KubernetesObject[],
  toPlural: (kind: string) => string,
): readonly Right[] {
  const rights = manifests.flatMap(({ apiVersion, kind, metadata }) => {
    const slash = apiVersion.indexOf('/')
    const group = slash < 0 ? '' : apiVersion.slice(0, slash)
    const place = metadata.namespace === undefined ? {} : { namespace: metadata.namespace }
    const what = { group, resource: toPlural(kind), ...place }
    return ['get', 'create', 'patch'].map((verb): Right => ({ verb, ...what }))
  })
  const unique = new Map(rights.map((right) => [JSON.stringify(right), right]))
  return [...unique.values()]
}

/** `create events in plumbline-system`. */
export function printRight({ verb, group, resource, subresource, namespace, name }: Right): string {
  const path = [resource, subresource].filter(Boolean).join('/')
  const full = group === '' ? path : `${path}.${group}`
  const which = name === undefined ? '' : ` ${name}`
  return `${verb} ${full}${which}${namespace === undefined ? '' : ` in ${namespace}`}`
}
