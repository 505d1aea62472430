/** Combinations of an IngressBackend's sources and ports that let in everybody, or nobody. */
import type { Problem } from '../../model/problem.ts'
import type { IngressBackendPort, IngressPolicy, IngressSource } from '../intent/ingress-policy.ts'
import type { ProblemText } from '../problem-at.ts'
import type { Declaration } from './kind-definition.ts'

interface Sources {
  readonly addresses: number
  readonly principals: number
}

export function judgeIngressSecurity(
  { backends, sources }: IngressPolicy,
  { place }: Declaration,
): readonly Problem[] {
  if (sources.length === 0) return [place.problem(['spec', 'sources'], nobody())]
  const counts = count(sources)
  return backends.flatMap((backend, index) => {
    const text =
      backend.protocol === 'http' ? judgeHttp(backend, counts) : judgeHttps(backend, counts)
    return text === undefined ? [] : [place.problem(['spec', 'backends', index], text)]
  })
}

function count(sources: readonly IngressSource[]): Sources {
  const principals = sources.filter(({ type }) => type === 'principal').length
  return { principals, addresses: sources.length - principals }
}

/** D16. OSM opened the port to everybody. */
function nobody(): ProblemText {
  return {
    code: 'PLB0504',
    message: 'the list of sources is empty, so this IngressBackend lets nobody in',
    fix: 'name the gateway as a source, or remove the IngressBackend',
  }
}

function judgeHttp(
  { service, port, sniHosts }: IngressBackendPort,
  { addresses, principals }: Sources,
): ProblemText | undefined {
  const what = `${service.name}:${port}`
  if (addresses === 0)
    return {
      code: 'PLB0561',
      message: `${what} is http, where no certificate is seen, so its AuthenticatedPrincipals can be told from nobody`,
      fix: 'make the port https, or name a Service or an IPRange',
    }
  if (principals === 0 && sniHosts.length === 0) return undefined
  return {
    code: 'PLB0564',
    message: `${what} is http, where neither certificates nor SNI are seen: only the addresses of the sources count`,
    fix: 'make the port https, or remove the principals and sniHosts',
  }
}

function judgeHttps(
  { service, port, skipClientCertValidation: skip }: IngressBackendPort,
  { principals }: Sources,
): ProblemText | undefined {
  const what = `${service.name}:${port}`
  if (!skip && principals === 0)
    return {
      code: 'PLB0562',
      message: `${what} wants a client certificate and names no AuthenticatedPrincipal, so it lets nobody in; OSM let in any certificate of the mesh`,
      fix: 'name the principal of the gateway, or set skipClientCertValidation to let its addresses in without',
    }
  if (!skip || principals === 0) return undefined
  return {
    code: 'PLB0564',
    message: `${what} skips client certificates, so its AuthenticatedPrincipals are not compared with anything`,
    fix: 'remove skipClientCertValidation, or the principals',
  }
}
