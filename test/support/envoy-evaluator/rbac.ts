/** Envoy's RBAC engine, for connections and for requests. */
import {
  type Permission,
  type Principal,
  type RBAC,
  RBAC_Action,
} from '../../../src/generated/envoy/config/rbac/v3/rbac_pb.js'
import { type HttpRequest, matchHeader, pathOf } from './http-request.ts'
import { matchString } from './match-string.ts'
import { Unsupported } from './unsupported.ts'

export interface Connection {
  /** URI SANs of the peer's verified certificate, then its DNS SANs. */
  readonly peerNames: readonly string[]
  readonly destinationPort: number
  /** Absent for a connection that carries no HTTP. */
  readonly request?: HttpRequest
}

/** Rules that are not set enforce nothing. */
export function isAllowed(rules: RBAC | undefined, connection: Connection): boolean {
  if (rules === undefined) return true
  if (rules.action !== RBAC_Action.ALLOW) throw new Unsupported(`RBAC action ${rules.action}`)
  return Object.values(rules.policies).some((policy) => {
    if (policy.condition !== undefined || policy.checkedCondition !== undefined)
      throw new Unsupported('RBAC conditions')
    return (
      policy.permissions.some((permission) => permits(permission, connection)) &&
      policy.principals.some((principal) => identifies(principal, connection))
    )
  })
}

function permits({ rule }: Permission, connection: Connection): boolean {
  const { request } = connection
  switch (rule.case) {
    case 'any':
      return rule.value
    case 'andRules':
      return rule.value.rules.every((inner) => permits(inner, connection))
    case 'orRules':
      return rule.value.rules.some((inner) => permits(inner, connection))
    case 'notRule':
      return !permits(rule.value, connection)
    case 'header':
      return request !== undefined && matchHeader(rule.value, request)
    case 'urlPath':
      if (rule.value.rule.case !== 'path') throw new Unsupported('a path matcher that is not set')
      return request !== undefined && matchString(rule.value.rule.value, pathOf(request))
    case 'destinationPort':
      return rule.value === connection.destinationPort
    case 'destinationIp':
    case 'destinationPortRange':
    case 'matcher':
    case 'metadata':
    case 'requestedServerName':
    case 'uriTemplate':
    case undefined:
      throw new Unsupported(`the permission ${rule.case}`)
  }
}

function identifies({ identifier }: Principal, connection: Connection): boolean {
  switch (identifier.case) {
    case 'any':
      return identifier.value
    case 'andIds':
      return identifier.value.ids.every((inner) => identifies(inner, connection))
    case 'orIds':
      return identifier.value.ids.some((inner) => identifies(inner, connection))
    case 'notId':
      return !identifies(identifier.value, connection)
    case 'authenticated': {
      const { principalName } = identifier.value
      if (principalName === undefined) return connection.peerNames.length > 0
      return connection.peerNames.some((name) => matchString(principalName, name))
    }
    case 'directRemoteIp':
    case 'filterState':
    case 'header':
    case 'metadata':
    case 'remoteIp':
    case 'sourceIp':
    case 'urlPath':
    case undefined:
      throw new Unsupported(`the principal ${identifier.case}`)
  }
}
