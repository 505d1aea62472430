/** ExtensionService: a service outside the mesh that filters may call, such as a collector of access logs. */
import { z } from 'zod'
import type { ExtensionServiceIntent } from '../intent/extension-service-intent.ts'
import { durationField } from './fields/duration.ts'
import { hostField } from './fields/host.ts'
import { port } from './fields/ports.ts'
import { canonicalVersion, defineKind } from './kind-definition.ts'

const v1alpha2 = z.strictObject({
  spec: z.strictObject({
    host: hostField,
    port,
    protocol: z.string().optional(),
    connectTimeout: durationField({ atLeast: '1ms' }).optional(),
  }),
})

type Body = z.output<typeof v1alpha2>

export const EXTENSION_SERVICE = defineKind<Body, ExtensionServiceIntent>({
  group: 'config.openservicemesh.io',
  kind: 'ExtensionService',
  plural: 'extensionservices',
  summary: 'A service outside the mesh that filters may call',
  namespaced: true,
  enforced: false,
  actsOnNamespace: false,
  onlyReferredTo: true,
  versions: [canonicalVersion('v1alpha2', v1alpha2)],
  read: ({ id, location, body: { spec } }) => ({
    part: { id, location, spec: { protocol: 'h2c', connectTimeout: '1s', ...spec } },
    problems: [],
  }),
  link: (part, { key }) => ({
    problems: [],
    contribute: (draft) => draft.extensionServices.set(key, part),
  }),
})
