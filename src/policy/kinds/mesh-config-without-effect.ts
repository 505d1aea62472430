/** Settings of OSM's controller that have nothing to set here, and what stands in their place. */
import type { Problem } from '../../model/problem.ts'
import { valueAt } from '../value-at.ts'
import type { Declaration } from './kind-definition.ts'

interface Setting {
  readonly path: readonly string[]
  /** OSM's default, or what happens anyway: nothing is said of these, which stand in every dump. */
  readonly unless: unknown
  readonly because: string
}

const SETTINGS: readonly Setting[] = [
  flag('enableSnapshotCacheMode', false, 'resources are always cached by content'),
  flag(
    'enableAsyncProxyServiceMapping',
    false,
    'proxies are always mapped to services by watching',
  ),
  flag('enableMulticlusterMode', false, 'OSM never finished it'),
  flag('enableEgressPolicy', true, 'Egress objects always count'),
  flag('enableIngressBackendPolicy', true, 'IngressBackend objects always count'),
  {
    path: ['spec', 'sidecar', 'configResyncInterval'],
    unless: '0s',
    because: 'proxies are sent what changed when it changes',
  },
  {
    path: ['spec', 'certificate', 'certKeyBitSize'],
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
