/** Turns parsed manifests into what the lab runs. */
import type {
  DeploymentManifest,
  ServiceAccountManifest,
  ServiceManifest,
} from './manifest-schemas.ts'
import type {
  WorkloadAccount,
  WorkloadContainer,
  WorkloadPod,
  WorkloadService,
} from './workloads.ts'

/** One pod per replica, numbered from 0: names stay the same from run to run. */
export function toPods({ metadata, spec }: DeploymentManifest): readonly WorkloadPod[] {
  const { template, replicas } = spec
  return Array.from({ length: replicas }, (_, ordinal) => ({
    namespace: metadata.namespace,
    name: `${metadata.name}-${ordinal}`,
    deployment: metadata.name,
    serviceAccount: template.spec.serviceAccountName,
    labels: template.metadata.labels,
    annotations: template.metadata.annotations,
    containers: template.spec.containers.map(toContainer),
  }))
}

type ContainerManifest = DeploymentManifest['spec']['template']['spec']['containers'][number]

function toContainer(manifest: ContainerManifest): WorkloadContainer {
  return {
    name: manifest.name,
    image: manifest.image,
    argv: [...manifest.command, ...manifest.args],
    environment: Object.fromEntries(manifest.env.map(({ name, value }) => [name, value])),
    ports: manifest.ports.map(({ name, containerPort, protocol }) => ({
      name,
      port: containerPort,
      protocol,
    })),
    directory: manifest.workingDir,
    runAsUser: manifest.securityContext.runAsUser,
  }
}

export function toService({ metadata, spec }: ServiceManifest): WorkloadService {
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    labels: metadata.labels,
    annotations: metadata.annotations,
    selector: spec.selector,
    headless: spec.clusterIP === 'None',
    ports: spec.ports.map((port) => ({ ...port, targetPort: port.targetPort ?? port.port })),
  }
}

export function toAccount({ metadata }: ServiceAccountManifest): WorkloadAccount {
  return { namespace: metadata.namespace, name: metadata.name }
}
