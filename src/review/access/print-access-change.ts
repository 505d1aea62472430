/** One gain or loss of access, as a person says it: who, whom, what. */
import type { AccessChange, TcpPortChange } from '../../policy/access/access-diff.ts'
import { printMethods } from '../../policy/access/method-set.ts'
import type { HttpRequest } from '../../policy/access/request-set.ts'

/** Without its direction and without the lines that make it. */
export function printAccessChange(change: AccessChange): string {
  switch (change.type) {
    case 'namespace':
      return `every identity of the mesh → every service of ${change.namespace}`
    case 'http':
      return `${printPair(change)}   ${printMethods(methodsOf(change))}, e.g. ${printRequest(change.witness)}`
    case 'outside':
      return `${change.access.source} → ${change.access.destination}   ${change.access.what}`
    case 'tcp':
      return `${printPair(change)}   ${printPorts(change.ports)}`
    case 'undecided':
      return `${printPair(change)}   perhaps ${change.direction === 'gained' ? 'more' : 'less'} than before: ${change.reason}; compare the rules by hand`
  }
}

function printPorts({ type, ports }: TcpPortChange): string {
  if (type === 'only') return `TCP port ${ports.join(', ')}`
  return ports.length === 0 ? 'every TCP port' : `every TCP port but ${ports.join(', ')}`
}

function methodsOf(change: AccessChange & { readonly type: 'http' }): number {
  return change.requests.boxes.reduce((all, box) => all | box.methods, 0)
}

function printPair(
  change: Exclude<AccessChange, { readonly type: 'namespace' | 'outside' }>,
): string {
  const port = change.port === 'any' ? '' : `:${change.port}`
  return `${change.source} → ${change.destination}${port}`
}

function printRequest({ method, path, headers }: HttpRequest): string {
  const fields = Object.entries(headers).map(
    ([name, value]) => `${name === ':authority' ? 'host' : name}: ${value}`,
  )
  return [`${method} ${path}`, ...fields].join(' with ')
}
