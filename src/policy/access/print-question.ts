import { toAccountKey } from '../../model/service-account.ts'
import type { AccessQuestion } from './access-question.ts'

/** `bookbuyer/bookbuyer -> bookstore/bookstore-v1 GET /books-bought`, or `… tcp:3306` for a connection. */
export function printQuestion(question: AccessQuestion): string {
  const { source, destination, port, request } = question
  const parts = [toAccountKey(source), '->', toAccountKey(destination)]
  if (request === undefined) return [...parts, `tcp:${port ?? 'any'}`].join(' ')
  if (port !== undefined) parts.push(`:${port}`)
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
  return [
    ...parts,
    request.method,
    request.path,
    ...(headers.length > 0 ? [`(${headers.join(', ')})`] : []),
  ].join(' ')
}
