/** Brings the lab's network up to date with its pods: hosts files and ClusterIP routes, written only when they change. */
import { printHostsFile } from './hosts-file.ts'
import { type ClusterIps, toHostsServices, toServiceRoutes } from './network-tables.ts'
import type { Pod } from './pod.ts'
import { runProgram } from './run-program.ts'
import { printServiceRules } from './service-rules.ts'
import type { WorkloadService } from './workloads/workloads.ts'

export interface NetworkSettings {
  readonly services: readonly WorkloadService[]
  readonly clusterIps: ClusterIps
  readonly environment: NodeJS.ProcessEnv
}

export class NetworkStep {
  readonly #settings: NetworkSettings
  readonly #hosts = new Map<string, string>()
  #rules = ''

  constructor(settings: NetworkSettings) {
    this.#settings = settings
  }

  async bringUpToDate(pods: readonly Pod[]): Promise<void> {
    const { services, clusterIps, environment } = this.#settings
    const states = pods.map((pod) => pod.state)
    const rules = printServiceRules(toServiceRoutes(services, clusterIps, states))
    if (rules !== this.#rules) await runProgram(['iptables-restore'], { environment, input: rules })
    this.#rules = rules
    const known = toHostsServices(services, clusterIps, states)
    for (const pod of pods) {
      const { namespace, name } = pod.workload
      const hosts = printHostsFile({ namespace, name, address: pod.address }, known)
      if (hosts !== this.#hosts.get(pod.key)) await pod.writeHosts(hosts)
      this.#hosts.set(pod.key, hosts)
    }
  }
}
