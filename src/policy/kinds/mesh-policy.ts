/** MeshPolicy: how closed one namespace is, whatever the MeshConfig says for the mesh. */
import { z } from 'zod'
import type { MeshPolicyIntent } from '../intent/mesh-policy-intent.ts'
import { canonicalVersion, defineKind, soleClaim } from './kind-definition.ts'
import { grantsWithoutEffect } from './open-to-all.ts'

const v1alpha1 = z.strictObject({
  spec: z.strictObject({
    access: z
      .enum(['inherit', 'strict', 'permissive'])
      .optional()
      .meta({ description: 'Calls to the services of the namespace. Default: inherit' }),
    egress: z
      .enum(['inherit', 'strict', 'passthrough'])
      .optional()
      .meta({ description: 'Calls from its pods out of the mesh. Default: inherit' }),
  }),
})

type Body = z.output<typeof v1alpha1>

export const MESH_POLICY = defineKind<Body, MeshPolicyIntent>({
  group: 'plumbline.dev',
  kind: 'MeshPolicy',
  plural: 'meshpolicies',
  summary: 'How closed one namespace is, whatever the MeshConfig says',
  namespaced: true,
  actsOnNamespace: true,
  versions: [canonicalVersion('v1alpha1', v1alpha1)],
  read({ id, location, body: { spec } }) {
    return {
      part: { id, location, access: spec.access ?? 'inherit', egress: spec.egress ?? 'inherit' },
      problems: [],
      claims: [
        soleClaim(`mesh policy ${id.namespace}`, ['metadata', 'name'], (first) => ({
          code: 'PLB0605',
          message: `MeshPolicy ${first.id.name} already governs the namespace ${id.namespace}, and there is one for each namespace`,
          fix: 'join the two',
        })),
      ],
    }
  },
  link: (part, declaration, scope) => ({
    problems:
      part.access === 'permissive'
        ? grantsWithoutEffect(declaration, scope, {
            path: ['spec', 'access'],
            namespace: declaration.id.namespace,
          })
        : [],
    contribute: (draft) => draft.meshPolicies.set(declaration.key, part),
  }),
})
