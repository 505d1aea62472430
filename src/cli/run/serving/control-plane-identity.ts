/** Who the control plane is to its proxies: a certificate of its own from its own authority, renewed without a restart. */
import type { CertificateAuthority } from '../../../ca/certificate-authority.ts'
import type { Svid } from '../../../ca/held-svid.ts'
import type { SvidRotation } from '../../../ca/svid-rotation.ts'
import type { ServiceAccount } from '../../../model/service-account.ts'
import type { TlsIdentity } from '../../../xds/xds-credentials.ts'

export const CONTROL_NAMESPACE = 'plumbline-system'
export const CONTROL_PLANE_ACCOUNT: ServiceAccount = {
  namespace: CONTROL_NAMESPACE,
  name: 'plumbline-controller',
}

/** The certificate now; every renewal goes to `renewed` until the signal aborts. */
export async function serverIdentity(
  { authority, svids }: { readonly authority: CertificateAuthority; readonly svids: SvidRotation },
  renewed: (identity: TlsIdentity) => void,
  signal: AbortSignal,
): Promise<TlsIdentity> {
  const toIdentity = ({ chainPem, keyPem }: Svid): TlsIdentity => ({
    chainPem,
    keyPem,
    rootsPem: authority.bundle().rootsPem,
  })
  const request = { account: CONTROL_PLANE_ACCOUNT, proxyUid: 'control-plane' }
  return toIdentity(await svids.svid(request, (svid) => renewed(toIdentity(svid)), signal))
}
