/** What the lab needs of the control plane it runs pods for. */
import type { BootstrapFile } from '../injector/bootstrap-files.ts'
import type { Cluster } from '../reconciler/cluster.ts'

/** The pod a bootstrap is asked for. */
export interface SidecarPod {
  readonly namespace: string
  readonly name: string
  readonly serviceAccount: string
  /** The value of the label `osm-proxy-uuid`, which the cluster's Pod carries by then. */
  readonly proxyUid: string
  /** Where Envoy will find the files. */
  readonly directory: string
  /** The address at which the pod reaches the control plane: the lab's own, wherever the control plane runs. */
  readonly controlPlaneHost: string
}

export interface ControlPlane {
  readonly cluster: Cluster
  /**
   * Resolves once a commit has been applied, so that the cluster's namespaces say which pods get a sidecar.
   * Rejects with the signal's reason.
   */
  policyApplied(signal: AbortSignal): Promise<void>
  /** Throws when the control plane is out of reach or refuses; the lab asks again. */
  requestBootstrap(pod: SidecarPod, signal: AbortSignal): Promise<readonly BootstrapFile[]>
}
