/** TCPRoute: ports of TCP traffic, which TrafficTargets refer to. */
import { z } from 'zod'
import { port } from './fields/ports.ts'
import { canonicalVersion, type Declaration, defineKind, olderVersion } from './kind-definition.ts'

const v1alpha4 = z.strictObject({
  spec: z
    .strictObject({
      matches: z
        .strictObject({ name: z.string().optional(), ports: z.array(port).optional() })
        .optional(),
    })
    .optional(),
})
/** Before v1alpha4 a TCPRoute had no fields: every port. */
const older = z.strictObject({ spec: z.strictObject({}).optional() })

type Body = z.output<typeof v1alpha4>

/** Target ports, sorted; `any` when none are named. */
export type TcpPorts = 'any' | readonly number[]

export const TCP_ROUTE = defineKind<Body, TcpPorts>({
  group: 'specs.smi-spec.io',
  kind: 'TCPRoute',
  plural: 'tcproutes',
  summary: 'Ports of TCP traffic',
  namespaced: true,
  actsOnNamespace: true,
  onlyReferredTo: true,
  versions: [
    canonicalVersion('v1alpha4', v1alpha4),
    olderVersion('v1alpha3', older, () => ({ body: {} })),
    olderVersion('v1alpha2', older, () => ({ body: {} })),
    olderVersion('v1alpha1', older, () => ({ body: {} })),
  ],
  read(declaration: Declaration<Body>) {
    const written = declaration.body.spec?.matches?.ports ?? []
    const ports = [...new Set(written)].sort((a, b) => a - b)
    return {
      part: ports.length === 0 ? 'any' : ports,
      problems: [],
      applied: { spec: { matches: { ports } } },
    }
  },
  link: () => ({ problems: [], contribute: () => undefined }),
})
