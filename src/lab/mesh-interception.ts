/** What the mesh's MeshConfig leaves out of interception, for every pod. */
import type { InterceptionScope } from '../injector/interception-annotations.ts'
import type { KubernetesObject } from '../model/kubernetes-object.ts'

/** `config` is a MeshConfig that passed validation; without one nothing is left out. */
export function meshInterception(config: KubernetesObject | undefined): InterceptionScope {
  const traffic = member(member(config, 'spec'), 'traffic')
  return {
    inboundPortExclusions: list(traffic, 'inboundPortExclusionList', Number),
    outboundPortExclusions: list(traffic, 'outboundPortExclusionList', Number),
    outboundIpRangeExclusions: list(traffic, 'outboundIPRangeExclusionList', String),
    outboundIpRangeInclusions: list(traffic, 'outboundIPRangeInclusionList', String),
    networkInterfaceExclusions: list(traffic, 'networkInterfaceExclusionList', String),
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

function list<T>(traffic: unknown, name: string, read: (item: unknown) => T): readonly T[] {
  const items = member(traffic, name)
  return Array.isArray(items) ? items.map((item: unknown) => read(item)) : []
}
