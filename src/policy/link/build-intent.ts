/** Puts together the Intent of a commit that has no errors. */
import type { CommitSha } from '../../model/commit-sha.ts'
import type { DeclaredObject, Intent } from '../intent.ts'
import type { IntentDraft } from '../kinds/kind-definition.ts'
import { DEFAULT_MESH_SETTINGS } from '../kinds/mesh-config.ts'
import type { LinkedCommit } from './linker.ts'

export function buildIntent(commit: CommitSha, { fragments }: LinkedCommit): Intent {
  const draft = emptyDraft()
  const objects: DeclaredObject[] = []
  for (const { fragment, linked } of fragments) {
    linked.contribute(draft)
    if (fragment.definition.applied) objects.push(fragment.object)
  }
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
