/**
 * Which lists merge by key or as sets, and which maps are one value: what Kubernetes' schemas say for the kinds we serve.
 * Every other list is one value (as in custom resources whose schema says nothing), every other map merges member by member.
 */
import type { ObjectKind } from '../../model/object-id.ts'

export type MergeRule =
  | { readonly type: 'atomic' }
  | { readonly type: 'set' }
  | {
      readonly type: 'keyed'
      readonly keys: readonly string[]
      /** What an item that leaves a key out is taken to say. */
      readonly defaults: Readonly<Record<string, string>>
    }

/** By path, as `spec.containers[].env`. */
export type MergeRules = ReadonlyMap<string, MergeRule>

const ATOMIC: MergeRule = { type: 'atomic' }
const keyed = (...keys: readonly string[]): MergeRule => ({ type: 'keyed', keys, defaults: {} })
const portKeyed = (key: string): MergeRule => ({
  type: 'keyed',
  keys: [key, 'protocol'],
  defaults: { protocol: 'TCP' },
})

const EVERY_KIND: readonly (readonly [string, MergeRule])[] = [
  ['metadata.finalizers', { type: 'set' }],
  ['metadata.ownerReferences', keyed('uid')],
  ['status.conditions', keyed('type')],
]

function podSpec(at: string): readonly (readonly [string, MergeRule])[] {
  const containers = ['containers', 'initContainers'].flatMap((list) => [
    [`${at}.${list}`, keyed('name')] as const,
    [`${at}.${list}[].env`, keyed('name')] as const,
    [`${at}.${list}[].ports`, portKeyed('containerPort')] as const,
    [`${at}.${list}[].volumeMounts`, keyed('mountPath')] as const,
  ])
  return [
    ...containers,
    [`${at}.volumes`, keyed('name')],
    [`${at}.imagePullSecrets`, keyed('name')],
    [`${at}.hostAliases`, keyed('ip')],
    [`${at}.nodeSelector`, ATOMIC],
  ]
}

const BY_KIND = new Map<string, MergeRules>(
  Object.entries({
    '/Service': [
      ['spec.ports', portKeyed('port')],
      ['spec.selector', ATOMIC],
    ],
    '/Pod': [...podSpec('spec'), ['status.podIPs', keyed('ip')]],
    '/ServiceAccount': [['secrets', keyed('name')]],
    'apps/Deployment': [['spec.selector', ATOMIC], ...podSpec('spec.template.spec')],
  } as const satisfies Record<string, readonly (readonly [string, MergeRule])[]>).map(
    ([kind, rules]) => [kind, new Map<string, MergeRule>([...EVERY_KIND, ...rules])],
  ),
)

const DEFAULT_RULES: MergeRules = new Map(EVERY_KIND)

export function mergeRulesOf(kind: Pick<ObjectKind, 'group' | 'kind'>): MergeRules {
  return BY_KIND.get(`${kind.group}/${kind.kind}`) ?? DEFAULT_RULES
}
