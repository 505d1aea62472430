/** Questions and requests as people write them. */
import { toAccountKey } from '../../model/service-account.ts'
import type { AccessQuestion } from './access-question.ts'
import type { HttpRequest } from './request-set.ts'

/** `bookbuyer/bookbuyer -> bookstore/bookstore-v1 GET /books-bought`, or `… tcp:3306` for a connection. */
export function printQuestion({ source, destination, port, request }: AccessQuestion): string {
  const pair = `${toAccountKey(source)} -> ${toAccountKey(destination)}`
  if (request === undefined) return `${pair} tcp:${port ?? 'any'}`
  return `${pair}${port === undefined ? '' : ` :${port}`} ${printRequest(request)}`
}

/** `GET /books`, and its headers in parentheses. */
export function printRequest({ method, path, headers }: HttpRequest): string {
  const fields = Object.entries(headers).map(
    ([name, value]) => `${name === ':authority' ? 'host' : name}: ${value}`,
  )
  return [method, path, ...(fields.length > 0 ? [`(${fields.join(', ')})`] : [])].join(' ')
}
