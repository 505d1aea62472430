/** Settings of OSM's controller that have nothing to set here, and what stands in their place. */
import type { Problem } from '../../model/problem.ts'
import { valueAt } from '../value-at.ts'
import type { Declaration } from './kind-definition.ts'

interface Setting {
  readonly path: readonly string[]
  /** Nothing is said where the field asks for what happens anyway. */
  readonly unless: unknown
  readonly because: string
}

const SETTINGS: readonly Setting[] = [
  flag('enableSnapshotCacheMode', undefined, 'resources are always cached by content'),
  flag(
    'enableAsyncProxyServiceMapping',
    undefined,
    'proxies are always mapped to services from the watch',
  ),
  flag('enableMulticlusterMode', false, 'OSM never finished it'),
  flag('enableWASMStats', false, 'Envoys run without the WASM filter'),
  flag('enableEgressPolicy', true, 'Egress objects always count'),
  flag('enableIngressBackendPolicy', true, 'IngressBackend objects always count'),
  flag('enableRetryPolicy', true, 'Retry objects always count'),
  flag('enableMeshRootCertificate', true, 'MeshRootCertificate objects always count'),
  {
    path: ['spec', 'sidecar', 'configResyncInterval'],
    unless: '0s',
    because: 'proxies are sent what changed when it changes',
  },
  {
    path: ['spec', 'certificate', 'certKeyBitSize'],
    // OSM's CRD requires the field, so its default stands in every MeshConfig.
    unless: 2048,
    because: 'workload keys are ECDSA P-256, which have one size',
  },
]

function flag(name: string, unless: unknown, because: string): Setting {
  return { path: ['spec', 'featureFlags', name], unless, because }
}

export function settingsWithoutEffect({ body, place }: Declaration): readonly Problem[] {
  return SETTINGS.flatMap(({ path, unless, because }) => {
    const value = valueAt(body, path)
    if (value === undefined || value === unless) return []
    return [
      place.problem(path, {
        code: 'PLB0551',
        message: `${path.join('.')} has no effect: ${because}`,
        fix: 'remove it',
      }),
    ]
  })
}
