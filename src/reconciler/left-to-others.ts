import type { KubernetesObject } from '../model/kubernetes-object.ts'
import { DELEGATE_WEIGHTS } from '../policy/kinds/fields/weight-delegation.ts'
import { type FieldSet, NO_FIELDS } from './fields/field-set.ts'
import { isMap } from './fields/field-tree.ts'

const LEAF: FieldSet = { owned: true, members: new Map() }
const BACKENDS: FieldSet = {
  owned: false,
  members: new Map([['f:spec', { owned: false, members: new Map([['f:backends', LEAF]]) }]]),
}

/** Fields that the commit leaves to another manager: the backends of a split that hands over its weights and does not set them. */
export function leftToOthers({ kind, metadata, spec }: KubernetesObject): FieldSet {
  const isDelegated =
    kind === 'TrafficSplit' && metadata.annotations?.[DELEGATE_WEIGHTS] !== undefined
  return isDelegated && isMap(spec) && !('backends' in spec) ? BACKENDS : NO_FIELDS
}
