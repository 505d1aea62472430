/** What a folder of workload manifests asks for: service accounts, services, and pods to run. */
export interface WorkloadService {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly selector: Readonly<Record<string, string>>
  readonly headless: boolean
  readonly ports: readonly WorkloadServicePort[]
}

export interface WorkloadServicePort {
  /** Empty for the only port of a service. */
  readonly name: string
  readonly port: number
  readonly targetPort: number | string
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly appProtocol?: string | undefined
}

export interface WorkloadContainer {
  readonly name: string
  readonly image: string
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly ports: readonly WorkloadContainerPort[]
  /** Relative to the workloads folder. */
  readonly directory: string
  readonly runAsUser?: number | undefined
}

export interface WorkloadContainerPort {
  readonly name: string
  readonly port: number
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
}

export interface WorkloadPod {
  readonly namespace: string
  readonly name: string
  /** The Deployment it belongs to. */
  readonly deployment: string
  readonly serviceAccount: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly containers: readonly WorkloadContainer[]
}

export interface WorkloadAccount {
  readonly namespace: string
  readonly name: string
}

export interface Workloads {
  readonly accounts: readonly WorkloadAccount[]
  readonly services: readonly WorkloadService[]
  readonly pods: readonly WorkloadPod[]
  /** What the manifests ask for and the lab does not do: a sentence each. */
  readonly notes: readonly string[]
}
