/** What one service account's proxies would be told, from policies and workloads alone: no cluster, no control plane. */
import { openBuiltInAuthority } from '../../ca/certificate-authority-builtin.ts'
import type { StoredRoots } from '../../ca/root-store.ts'
import { SvidRotation } from '../../ca/svid-rotation.ts'
import type { ClusterInventory } from '../../model/cluster-inventory.ts'
import { type ServiceAccount, toAccountKey } from '../../model/service-account.ts'
import { toTrustDomain } from '../../model/spiffe-id.ts'
import type { Intent } from '../../policy/intent.ts'
import type { EnvoyResource, ViewResources } from '../../render/envoy/envoy-resource.ts'
import { toLeafSecret } from '../../render/envoy/leaf-secret.ts'
import { ViewRenderer } from '../../render/envoy/view-renderer.ts'
import { buildMeshSnapshot } from '../../render/mesh/build-mesh-snapshot.ts'
import { UsageError } from '../exit-code.ts'
import type { Shell } from '../run/shell.ts'

export interface RenderedProxy {
  readonly resources: ViewResources
  /** From an authority that lives for this call only. */
  readonly leaf: EnvoyResource
}

export interface RenderProxyOptions {
  readonly intent: Intent
  readonly inventory: ClusterInventory
  readonly account: ServiceAccount
  readonly shell: Shell
}

/** Throws UsageError when no pod of the mesh runs as the account. */
export async function renderProxy(options: RenderProxyOptions): Promise<RenderedProxy> {
  const { intent, inventory, account, shell } = options
  const trustDomain = toTrustDomain('cluster.local')
  const snapshot = buildMeshSnapshot({ intent, inventory, trustDomain })
  const key = toAccountKey(account)
  const view = [...snapshot.views.values()].find((one) => toAccountKey(one.account) === key)
  if (view === undefined) {
    const known = [...snapshot.views.values()].map((one) => toAccountKey(one.account))
    throw new UsageError(
      `no pod of the mesh runs as ${key}; there is: ${[...new Set(known)].join(', ') || 'none at all'}`,
    )
  }
  const authority = await openBuiltInAuthority({ ...shell, trustDomain, store: memoryStore() })
  const trustBundlePem = authority.bundle().rootsPem.join('')
  const over = new AbortController()
  const validityMs = intent.mesh.certificateValidityMs
  const svids = new SvidRotation({ ...shell, authority, trustDomain, validityMs: () => validityMs })
  const svid = await svids.svid({ account, proxyUid: 'render' }, () => {}, over.signal)
  over.abort()
  return {
    resources: new ViewRenderer().render({ snapshot, view, trustBundlePem }),
    leaf: toLeafSecret({ account, ...svid }),
  }
}

function memoryStore() {
  let stored: StoredRoots | undefined
  return {
    load: async () => stored,
    create: async (roots: StoredRoots) => {
      stored = roots
      return 'created' as const
    },
  }
}
