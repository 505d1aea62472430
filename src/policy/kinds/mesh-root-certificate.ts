/** MeshRootCertificate: where the roots of trust come from, and which of them sign. */
import { z } from 'zod'
import type { Problem } from '../../model/problem.ts'
import { isTrustDomain } from '../../model/spiffe-id.ts'
import type { RootCertificateIntent } from '../intent/root-certificate-intent.ts'
import type { ProblemText } from '../problem-at.ts'
import { hostField } from './fields/host.ts'
import { namespaceName, objectName, shorten } from './fields/names.ts'
import { port } from './fields/ports.ts'
import { rule } from './fields/rule.ts'
import {
  type Claim,
  canonicalVersion,
  type Declaration,
  defineKind,
  type Linked,
  type LinkScope,
  type Read,
} from './kind-definition.ts'
import { rootCertificateSlot } from './slots.ts'

const text = z.string().min(1)
const secretReference = z.strictObject({ name: objectName, namespace: namespaceName })

const provider = z.strictObject({
  certManager: z
    .strictObject({
      issuerName: objectName,
      issuerKind: z.enum(['ClusterIssuer', 'Issuer']),
      issuerGroup: text,
    })
    .optional(),
  vault: z
    .strictObject({
      host: hostField,
      port,
      role: text,
      protocol: z.enum(['http', 'https']),
      token: z.strictObject({
        secretKeyRef: z.strictObject({ ...secretReference.shape, key: text }),
      }),
    })
    .optional(),
  tresor: z.strictObject({ ca: z.strictObject({ secretRef: secretReference }) }).optional(),
})

const v1alpha2 = z.strictObject({
  spec: z.strictObject({
    trustDomain: z
      .string()
      .check(rule(judgeTrustDomain))
      .meta({ pattern: '^[a-z0-9._-]{1,255}$' })
      .optional(),
    role: z.enum(['active', 'passive', 'inactive']).optional(),
    spiffeEnabled: z.boolean().optional(),
    provider,
  }),
})

type Body = z.output<typeof v1alpha2>

export const MESH_ROOT_CERTIFICATE = defineKind<Body, RootCertificateIntent>({
  group: 'config.openservicemesh.io',
  kind: 'MeshRootCertificate',
  plural: 'meshrootcertificates',
  summary: 'Where the roots of trust come from, and which of them sign',
  namespaced: true,
  enforced: false,
  actsOnNamespace: false,
  versions: [canonicalVersion('v1alpha2', v1alpha2)],
  read,
  link,
})

/** SPIFFE-ID 2.1. */
function judgeTrustDomain(domain: string): ProblemText | undefined {
  if (isTrustDomain(domain)) return undefined
  return {
    code: 'PLB0581',
    message: `${JSON.stringify(shorten(domain))} is not a trust domain: lowercase letters, digits, ".", "-" and "_" are expected`,
    fix: 'write a name such as cluster.local',
  }
}

function roleOf({ spec }: Body): 'active' | 'passive' | 'inactive' {
  // OSM 1.2 had no roles: its one root signed.
  return spec.role ?? 'active'
}

function read(declaration: Declaration<Body>): Read<RootCertificateIntent> {
  const { id, location, body } = declaration
  const role = roleOf(body)
  const spec = { trustDomain: 'cluster.local', spiffeEnabled: true, ...body.spec, role }
  return {
    part: { id, location, spec },
    problems: judgeProvider(declaration),
    claims: role === 'inactive' ? [] : [claimOf(role)],
  }
}

/** A rotation has two roots: the old and the new. Two that both only verify would have none to rotate to. */
function claimOf(role: 'active' | 'passive'): Claim {
  const count = role === 'active' ? 2 : 1
  return {
    slot: rootCertificateSlot(role),
    only: {
      count,
      path: ['spec', 'role'],
      problem: () => ({
        code: 'PLB0608',
        message: `${count === 1 ? 'another MeshRootCertificate is' : 'two other MeshRootCertificates are'} ${role} already`,
        fix: 'make one of them inactive: a rotation is between two roots',
      }),
    },
  }
}

function judgeProvider({ body, place }: Declaration<Body>): readonly Problem[] {
  const named = Object.keys(body.spec.provider)
  if (named.length === 1) return []
  return [
    place.problem(['spec', 'provider'], {
      code: 'PLB0580',
      message: `provider names ${named.length === 0 ? 'nobody' : named.join(' and ')}, and exactly one of certManager, vault, tresor is expected`,
      fix: 'name one',
    }),
  ]
}

/** Without an active root nobody could sign. */
function link(
  part: RootCertificateIntent,
  declaration: Declaration<Body>,
  scope: LinkScope,
): Linked {
  const contribute: Linked['contribute'] = (draft) =>
    draft.rootCertificates.set(declaration.key, part)
  if (scope.claimant(rootCertificateSlot('active')) !== undefined)
    return { problems: [], contribute }
  const problem = declaration.place.problem(['spec', 'role'], {
    code: 'PLB0582',
    message: 'no MeshRootCertificate of this commit is active, so nobody would sign',
    fix: 'make one active',
  })
  return { problems: [problem], contribute }
}
