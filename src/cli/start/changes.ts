/** The commits that the main job makes, as edits of the example's files. */

const THIEF = `    - kind: ServiceAccount
      name: bookthief
      namespace: bookthief
`

/** Adds bookthief to every list of sources that names bookbuyer. */
export function letBookthiefIn(access: string): string {
  const buyer = /( {4}- kind: ServiceAccount\n {6}name: bookbuyer\n {6}namespace: bookbuyer\n)/g
  return edited(access, access.replace(buyer, `$1${THIEF}`))
}

export function sendEverybodyToV2(split: string): string {
  return edited(
    split,
    split
      .replace(/(service: bookstore-v1\n\s+weight:) \d+/, '$1 0')
      .replace(/(service: bookstore-v2\n\s+weight:) \d+/, '$1 100'),
  )
}

/** Three mistakes that a person makes: a misspelt field, a match that is not there, a pattern that is no RE2. */
export function breakRoutes(routes: string): string {
  return edited(
    routes,
    routes
      .replace('pathRegex: /books-bought', 'pathRegexp: /books-bought')
      .replace('pathRegex: /buy-a-book/new', 'pathRegex: /buy-a-book/(?=new)'),
  )
}

export function misspellMatch(access: string): string {
  return edited(access, access.replace('matches: [books-bought,', 'matches: [book-bought,'))
}

/** The example is ours to edit: an edit that finds nothing to edit is a bug. */
function edited(before: string, after: string): string {
  if (before === after)
    throw new Error('the example policies no longer have what the main job edits')
  return after
}
