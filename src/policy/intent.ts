/**
 * Everything a commit asks for, validated and cross-referenced: names resolved, defaults filled in,
 * every number in range. Nothing downstream re-checks it.
 */
import type { CommitSha } from '../model/commit-sha.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'
import type { ObjectId, ObjectKey } from '../model/object-id.ts'
import type { ServiceKey } from '../model/service-name.ts'
import type { SourceLocation } from '../model/source-location.ts'
import type { EgressPolicy } from './intent/egress-policy.ts'
import type { ExtensionServiceIntent } from './intent/extension-service-intent.ts'
import type { Grant } from './intent/grant.ts'
import type { IngressPolicy } from './intent/ingress-policy.ts'
import type { MeshPolicyIntent } from './intent/mesh-policy-intent.ts'
import type { MeshSettings } from './intent/mesh-settings.ts'
import type { NamespaceEnrollment } from './intent/namespace-enrollment.ts'
import type { PolicyTestIntent } from './intent/policy-test-intent.ts'
import type { RetryIntent } from './intent/retry-intent.ts'
import type { RootCertificateIntent } from './intent/root-certificate-intent.ts'
import type { TelemetryIntent } from './intent/telemetry-intent.ts'
import type { TrafficSplitIntent } from './intent/traffic-split-intent.ts'
import type { UpstreamSettingIntent } from './intent/upstream-setting-intent.ts'

/** One object of the repository in its canonical version, ready to apply, and where it was written. */
export interface DeclaredObject {
  readonly id: ObjectId
  readonly object: KubernetesObject
  readonly location: SourceLocation
}

export interface Intent {
  readonly commit: CommitSha
  readonly mesh: MeshSettings
  /** By namespace name. A namespace that is absent is not the mesh's. */
  readonly namespaces: ReadonlyMap<string, NamespaceEnrollment>
  /** By the key of the TrafficTarget. */
  readonly grants: ReadonlyMap<ObjectKey, Grant>
  /** By root service. */
  readonly splits: ReadonlyMap<ServiceKey, readonly TrafficSplitIntent[]>
  readonly egress: ReadonlyMap<ObjectKey, EgressPolicy>
  readonly ingress: ReadonlyMap<ObjectKey, IngressPolicy>
  readonly upstreamSettings: ReadonlyMap<ObjectKey, UpstreamSettingIntent>
  readonly retries: ReadonlyMap<ObjectKey, RetryIntent>
  readonly telemetries: ReadonlyMap<ObjectKey, TelemetryIntent>
  readonly extensionServices: ReadonlyMap<ObjectKey, ExtensionServiceIntent>
  readonly rootCertificates: ReadonlyMap<ObjectKey, RootCertificateIntent>
  readonly meshPolicies: ReadonlyMap<ObjectKey, MeshPolicyIntent>
  readonly policyTests: ReadonlyMap<ObjectKey, PolicyTestIntent>
  /** Every object to apply, sorted by key. PolicyTests are read from git only and are not among them. */
  readonly objects: readonly DeclaredObject[]
}
