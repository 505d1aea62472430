/** Whether one match allows everything another does, as far as their form alone tells. */
import type { HttpMatch } from '../../intent/http-match.ts'

type Requests = Pick<HttpMatch, 'methods' | 'pathRegex' | 'headers'>

export function covers(wide: Requests, narrow: Requests): boolean {
  return coversMethods(wide, narrow) && coversPath(wide, narrow) && coversHeaders(wide, narrow)
}

function coversMethods({ methods: wide }: Requests, { methods: narrow }: Requests): boolean {
  if (wide === '*') return true
  return narrow !== '*' && narrow.every((method) => wide.includes(method))
}

function coversPath({ pathRegex: wide }: Requests, { pathRegex: narrow }: Requests): boolean {
  return wide === '.*' || wide === narrow
}

/** Fewer conditions allow more. */
function coversHeaders({ headers: wide }: Requests, { headers: narrow }: Requests): boolean {
  return wide.every((header) =>
    narrow.some(({ name, valueRegex }) => name === header.name && valueRegex === header.valueRegex),
  )
}
