/** Puts together the Intent of a commit that has no errors. */
import { byCodeUnit } from '../../model/by-code-unit.ts'
import type { CommitSha } from '../../model/commit-sha.ts'
import type { Intent } from '../intent.ts'
import type { IntentDraft } from '../kinds/kind-definition.ts'
import { DEFAULT_MESH_SETTINGS } from '../kinds/mesh-config.ts'
import type { LinkedCommit } from './linker.ts'

/** In the order of the objects' keys, so that the Intent does not depend on how the files are laid out. */
export function buildIntent(commit: CommitSha, { linked }: LinkedCommit): Intent {
  const draft = emptyDraft()
  const sorted = [...linked].sort(([a], [b]) => byCodeUnit(a.key, b.key))
  for (const [, { contribute }] of sorted) contribute(draft)
  const objects = sorted
    .filter(([{ definition }]) => definition.applied)
    .map(([{ object }]) => object)
  return { commit, ...draft, objects }
}

function emptyDraft(): IntentDraft {
  return {
    mesh: DEFAULT_MESH_SETTINGS,
    namespaces: new Map(),
    grants: new Map(),
    splits: new Map(),
    egress: new Map(),
    ingress: new Map(),
    upstreamSettings: new Map(),
    retries: new Map(),
    telemetries: new Map(),
    extensionServices: new Map(),
    rootCertificates: new Map(),
    meshPolicies: new Map(),
    policyTests: new Map(),
  }
}
