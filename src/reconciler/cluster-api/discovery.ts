/** What the API says about itself, so that kubectl finds our kinds. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import { toApiVersion } from '../../model/object-id.ts'
import { API_RESOURCES, type ApiResource } from '../api-resources.ts'
import { collectionPath, versionPath } from './paths.ts'

const OBJECT_VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']
const STATUS_VERBS = ['get', 'patch', 'update']

/** Every discovery document, by path. */
export function discoveryDocuments(): ReadonlyMap<string, unknown> {
  const byVersion = Map.groupBy(API_RESOURCES, (resource) => versionPath(resource))
  const groups = [...Map.groupBy(API_RESOURCES, (resource) => resource.group)]
    .filter(([group]) => group !== '')
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([group, resources]) => toApiGroup(group, resources))
  const documents = new Map<string, unknown>([
    ['/version', { major: '1', minor: '31', gitVersion: 'v1.31.0-plumbline.embedded' }],
    ['/api', { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }],
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups }],
    ['/openapi/v3', { paths: Object.fromEntries([...byVersion.keys()].map(toOpenApiEntry)) }],
  ])
  for (const group of groups) documents.set(`/apis/${group.name}`, group)
  for (const [path, resources] of byVersion) {
    documents.set(path, toResourceList(resources))
    documents.set(`/openapi/v3${path}`, toOpenApi(resources))
  }
  return documents
}

function toApiGroup(name: string, resources: readonly ApiResource[]) {
  const versions = [...new Set(resources.map((resource) => resource.version))].map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }))
  return { kind: 'APIGroup', apiVersion: 'v1', name, versions, preferredVersion: versions[0] }
}

function toResourceList(resources: readonly ApiResource[]): unknown {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: resources[0] === undefined ? '' : toApiVersion(resources[0]),
    resources: resources.flatMap((resource) => {
      const { kind, plural, namespaced, shortNames, hasStatus } = resource
      const singularName = kind.toLowerCase()
      const row = { name: plural, singularName, namespaced, kind, verbs: OBJECT_VERBS, shortNames }
      const status = {
        name: `${plural}/status`,
        singularName: '',
        namespaced,
        kind,
        verbs: STATUS_VERBS,
      }
      return hasStatus ? [row, status] : [row]
    }),
  }
}

function toOpenApiEntry(path: string): readonly [string, unknown] {
  return [path.slice(1), { serverRelativeURL: `/openapi/v3${path}` }]
}

/** No schemas: only that a PATCH takes `fieldValidation`, which kubectl looks for before it leaves validation to us. */
function toOpenApi(resources: readonly ApiResource[]): unknown {
  const paths = resources.map((resource) => {
    const { group, version, kind, namespaced } = resource
    const path = `${collectionPath(resource, namespaced ? 'NS' : undefined).replace('/NS/', '/{namespace}/')}/{name}`
    const patch = {
      parameters: ['fieldManager', 'fieldValidation', 'force', 'dryRun'].map((name) => ({
        name,
        in: 'query',
        schema: { type: 'string' },
      })),
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group, version, kind },
    }
    return [path, { patch }] as const
  })
  return {
    openapi: '3.0.0',
    info: { title: 'Plumbline embedded cluster', version: 'v1.31.0' },
    paths: Object.fromEntries(paths),
    components: { schemas: {} },
  }
}
