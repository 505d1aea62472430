/** Reads the names that people type: `namespace/account`, `namespace/service[:port]`, `Name=value`. */
import type { ServiceAccount } from '../../model/service-account.ts'
import type { ServiceName } from '../../model/service-name.ts'
import { UsageError } from '../exit-code.ts'

const NAME = '[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?'

export function parseAccount(flag: string, text: string): ServiceAccount {
  const match = new RegExp(`^(${NAME})/(${NAME})$`).exec(text)
  const [, namespace, name] = match ?? []
  if (namespace === undefined || name === undefined)
    throw new UsageError(
      `${flag} is ${JSON.stringify(text)}; write NAMESPACE/SERVICEACCOUNT, as in bookbuyer/bookbuyer`,
    )
  return { namespace, name }
}

export interface Destination {
  readonly service: ServiceName
  readonly port?: number
}

export function parseDestination(flag: string, text: string): Destination {
  const match = new RegExp(`^(${NAME})/(${NAME})(?::(\\d{1,5}))?$`).exec(text)
  const [, namespace, name, port] = match ?? []
  if (namespace === undefined || name === undefined || Number(port ?? 1) > 65_535)
    throw new UsageError(
      `${flag} is ${JSON.stringify(text)}; write NAMESPACE/SERVICE[:PORT], as in bookstore/bookstore:14001`,
    )
  const service = { namespace, name }
  return port === undefined ? { service } : { service, port: Number(port) }
}

/** By names as rules have them: lowercase (RFC 9110 5.1), and `:authority` for the host (D12). */
export function parseHeaders(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1)
        throw new UsageError(
          `--header is ${JSON.stringify(text)}; write NAME=VALUE, as in x-team=a`,
        )
      const name = text.slice(0, at).toLowerCase()
      return [name === 'host' ? ':authority' : name, text.slice(at + 1)]
    }),
  )
}
