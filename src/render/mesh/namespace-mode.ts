/** What the commit says about each enrolled namespace: who may call in, and whether its pods may call out. */
import type { SourceLocation } from '../../model/source-location.ts'
import type { MeshPolicyIntent } from '../../policy/intent/mesh-policy-intent.ts'
import type { MeshSettings } from '../../policy/intent/mesh-settings.ts'
import type { MeshIntent } from '../../policy/mesh-intent.ts'
import { type DerivedTable, derive } from './derive.ts'

export interface NamespaceMode {
  /** Every identity of the mesh may call its services. */
  readonly open: boolean
  /** Its pods may call destinations outside the mesh. */
  readonly passthrough: boolean
  /** The MeshPolicy or the MeshConfig that says so. */
  readonly origins: readonly SourceLocation[]
}

/** By namespace. A namespace that is absent is not the mesh's, and nothing of it is shown to any proxy. */
export type NamespaceModes = DerivedTable<string, NamespaceMode>

export function deriveNamespaceModes(
  intent: MeshIntent,
  previous: NamespaceModes | undefined,
): NamespaceModes {
  return derive({
    previous,
    sources: [intent.mesh, intent.namespaces, intent.meshPolicies],
    rows: () => modeRows(intent),
    make: toMode,
  })
}

type ModeInputs = readonly [MeshSettings, MeshPolicyIntent | undefined]

function* modeRows(intent: MeshIntent): Generator<readonly [string, ModeInputs]> {
  const policies = new Map(
    Array.from(intent.meshPolicies.values(), (policy) => [policy.id.namespace, policy]),
  )
  for (const { name, enrolled } of intent.namespaces.values())
    if (enrolled) yield [name, [intent.mesh, policies.get(name)]]
}

function toMode(mesh: MeshSettings, policy: MeshPolicyIntent | undefined): NamespaceMode {
  const access = policy?.access ?? 'inherit'
  const egress = policy?.egress ?? 'inherit'
  return {
    open: access === 'inherit' ? mesh.permissive : access === 'permissive',
    passthrough: egress === 'inherit' ? mesh.egressPassthrough : egress === 'passthrough',
    origins: [policy?.location, mesh.location].filter((location) => location !== undefined),
  }
}
