/** Telemetry: the access logs of a selection of pods. */
import { z } from 'zod'
import { canonicalJson } from '../../model/canonical-json.ts'
import type { TelemetryIntent } from '../intent/telemetry-intent.ts'
import { EXTENSION_SERVICE } from './extension-service.ts'
import { namespaceName, objectName } from './fields/names.ts'
import {
  canonicalVersion,
  type Declaration,
  defineKind,
  type Linked,
  type LinkScope,
  type Read,
  soleClaim,
} from './kind-definition.ts'
import { missingReference } from './missing-reference.ts'

const v1alpha1 = z.strictObject({
  spec: z.strictObject({
    selector: z.record(z.string(), z.string()).optional(),
    accessLog: z
      .strictObject({
        format: z.string().min(1).optional(),
        openTelemetry: z
          .strictObject({
            extensionService: z.strictObject({
              name: objectName,
              namespace: namespaceName.optional(),
            }),
            attributes: z.record(z.string(), z.string()).optional(),
          })
          .optional(),
      })
      .optional(),
  }),
})

type Body = z.output<typeof v1alpha1>

export const TELEMETRY = defineKind<Body, TelemetryIntent>({
  group: 'policy.openservicemesh.io',
  kind: 'Telemetry',
  plural: 'telemetries',
  summary: 'The access logs of a selection of pods',
  namespaced: true,
  enforced: false,
  // One in the control plane's namespace is the mesh's default, and that namespace is never enrolled.
  actsOnNamespace: false,
  versions: [canonicalVersion('v1alpha1', v1alpha1)],
  read,
  link,
})

/** The selector picks pods of the object's own namespace; which of several applies must not depend on chance. */
function read({ id, location, body: { spec } }: Declaration<Body>): Read<TelemetryIntent> {
  const selector = spec.selector ?? {}
  const slot = `telemetry ${id.namespace} ${canonicalJson(selector)}`
  return {
    part: { id, location, spec: { ...spec, selector } },
    problems: [],
    claims: [
      soleClaim(slot, ['metadata', 'name'], (first) => ({
        code: 'PLB0609',
        message: `Telemetry ${first.id.name} already selects the same pods of ${id.namespace}`,
        fix: 'join the two, or give them different selectors',
      })),
    ],
  }
}

function link(part: TelemetryIntent, declaration: Declaration<Body>, scope: LinkScope): Linked {
  const contribute: Linked['contribute'] = (draft) => draft.telemetries.set(declaration.key, part)
  const { body, id, place } = declaration
  const written = body.spec.accessLog?.openTelemetry?.extensionService
  if (written === undefined) return { problems: [], contribute }
  const wanted = { namespace: written.namespace ?? id.namespace, name: written.name }
  const found = scope.find(EXTENSION_SERVICE, wanted)
  if (found.type !== 'missing') return { problems: [], contribute }
  const problem = place.problem(
    ['spec', 'accessLog', 'openTelemetry', 'extensionService', 'name'],
    {
      code: 'PLB0408',
      ...missingReference('ExtensionService', wanted, found.nearest),
    },
  )
  return { problems: [problem], contribute }
}
