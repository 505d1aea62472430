/** MeshConfig: settings of the whole mesh. Without one, the closed defaults hold. */
import type { z } from 'zod'
import type { Problem } from '../../model/problem.ts'
import type { MeshSettings } from '../intent/mesh-settings.ts'
import { parseDuration } from './fields/duration.ts'
import {
  type Converted,
  canonicalVersion,
  type Declaration,
  defineKind,
  olderVersion,
  soleClaim,
} from './kind-definition.ts'
import { v1alpha1, v1alpha2 } from './mesh-config-schema.ts'
import { settingsWithoutEffect } from './mesh-config-without-effect.ts'
import { grantsWithoutEffect } from './open-to-all.ts'

export type MeshConfigBody = z.output<typeof v1alpha2>

/** What holds where neither a MeshConfig nor one of its fields says anything else. */
export const DEFAULT_MESH_SETTINGS: MeshSettings = {
  permissive: false,
  egressPassthrough: false,
  certificateValidityMs: 24 * 3_600_000,
  tlsMinimum: 'TLSv1_2',
  tlsMaximum: 'TLSv1_3',
  cipherSuites: [],
  ecdhCurves: [],
  envoyLogLevel: 'error',
  outboundIpRangeExclusions: [],
  outboundIpRangeInclusions: [],
  outboundPortExclusions: [],
  inboundPortExclusions: [],
}

export const MESH_CONFIG = defineKind<MeshConfigBody, MeshSettings>({
  group: 'config.openservicemesh.io',
  kind: 'MeshConfig',
  plural: 'meshconfigs',
  summary: 'Settings of the whole mesh',
  namespaced: true,
  actsOnNamespace: false,
  versions: [
    canonicalVersion('v1alpha2', v1alpha2),
    olderVersion('v1alpha1', v1alpha1, fromV1Alpha1),
  ],
  read(declaration) {
    return {
      part: toSettings(declaration),
      problems: [...judgeTls(declaration), ...settingsWithoutEffect(declaration)],
      claims: [
        soleClaim('the mesh', ['metadata', 'name'], (first) => ({
          code: 'PLB0604',
          message: `MeshConfig ${first.id.namespace}/${first.id.name} already configures the mesh, and there is one mesh`,
          fix: 'join the two',
        })),
      ],
    }
  },
  link: (part, declaration, scope) => ({
    problems: part.permissive
      ? grantsWithoutEffect(declaration, scope, {
          path: ['spec', 'traffic', 'enablePermissiveTrafficPolicyMode'],
        })
      : [],
    contribute: (draft) => {
      draft.mesh = part
    },
  }),
})

/** What v1alpha2 has no field for never had an effect without OSM's own controller, and is left out by name. */
function fromV1Alpha1({ spec }: z.output<typeof v1alpha1>): Converted<MeshConfigBody> {
  const { useHTTPSIngress, ...traffic } = spec?.traffic ?? {}
  const { prometheusScraping, ...observability } = spec?.observability ?? {}
  return {
    body: { spec: { ...spec, traffic, observability } },
    problems: [
      ...(useHTTPSIngress !== true
        ? []
        : [
            dropped(
              ['spec', 'traffic', 'useHTTPSIngress'],
              'an IngressBackend says it for each port',
            ),
          ]),
      ...(prometheusScraping !== true
        ? []
        : [
            dropped(
              ['spec', 'observability', 'prometheusScraping'],
              'the annotation openservicemesh.io/metrics says it for each namespace',
            ),
          ]),
    ],
  }
}

function dropped(path: readonly string[], instead: string) {
  return {
    path,
    code: 'PLB0551',
    message: `${path.join('.')} ended with v1alpha1 and has no effect: ${instead}`,
    fix: 'remove it',
  } as const
}

function toSettings({ body, location }: Declaration<MeshConfigBody>): MeshSettings {
  const { sidecar, traffic, certificate } = body.spec ?? {}
  const validity = certificate?.serviceCertValidityDuration
  return {
    permissive: traffic?.enablePermissiveTrafficPolicyMode ?? DEFAULT_MESH_SETTINGS.permissive,
    egressPassthrough: traffic?.enableEgress ?? DEFAULT_MESH_SETTINGS.egressPassthrough,
    certificateValidityMs:
      (validity === undefined ? undefined : parseDuration(validity)) ??
      DEFAULT_MESH_SETTINGS.certificateValidityMs,
    tlsMinimum: sidecar?.tlsMinProtocolVersion === 'TLSv1_3' ? 'TLSv1_3' : 'TLSv1_2',
    tlsMaximum: sidecar?.tlsMaxProtocolVersion === 'TLSv1_2' ? 'TLSv1_2' : 'TLSv1_3',
    cipherSuites: sidecar?.cipherSuites ?? [],
    ecdhCurves: sidecar?.ecdhCurves ?? [],
    envoyLogLevel: sidecar?.logLevel || DEFAULT_MESH_SETTINGS.envoyLogLevel,
    outboundIpRangeExclusions: traffic?.outboundIPRangeExclusionList ?? [],
    outboundIpRangeInclusions: traffic?.outboundIPRangeInclusionList ?? [],
    outboundPortExclusions: traffic?.outboundPortExclusionList ?? [],
    inboundPortExclusions: traffic?.inboundPortExclusionList ?? [],
    location,
  }
}

function judgeTls({ body, place }: Declaration<MeshConfigBody>): readonly Problem[] {
  const { tlsMinProtocolVersion: minimum, tlsMaxProtocolVersion: maximum } =
    body.spec?.sidecar ?? {}
  if (minimum !== 'TLSv1_3' || maximum !== 'TLSv1_2') return []
  return [
    place.problem(['spec', 'sidecar', 'tlsMaxProtocolVersion'], {
      code: 'PLB0550',
      message:
        'the highest TLS version, TLSv1_2, is below the lowest, TLSv1_3, so no handshake could succeed',
      fix: 'write tlsMaxProtocolVersion: TLSv1_3',
      related: [place.locate(['spec', 'sidecar', 'tlsMinProtocolVersion'])],
    }),
  ]
}
