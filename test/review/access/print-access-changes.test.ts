import { expect, it } from 'vitest'
import type { AccountKey } from '../../../src/model/service-account.ts'
import type { AccessChange } from '../../../src/policy/access/access-diff.ts'
import { MatchCompiler } from '../../../src/policy/access/match-compiler.ts'
import { printAccessChanges } from '../../../src/review/access/print-access-changes.ts'

const locations = [{ file: 'bookstore/access.yaml', line: 12, column: 5 }]
const pair = {
  source: 'bookthief/bookthief' as AccountKey,
  destination: 'bookstore/bookstore-v1' as AccountKey,
  locations,
}

it('says who gains and who loses what, with one request and the lines that grant it', () => {
  const requests = new MatchCompiler().compile({
    methods: ['GET'],
    pathRegex: '/books/\\d+',
    headers: [{ name: 'client', valueRegex: 'b+' }],
  })
  const witness = requests.witness() ?? { method: '', path: '', headers: {} }
  const changes: readonly AccessChange[] = [
    { type: 'namespace', direction: 'gained', namespace: 'bookstore', locations: [] },
    { ...pair, type: 'http', direction: 'gained', port: 'any', requests, witness },
    {
      ...pair,
      type: 'tcp',
      direction: 'lost',
      port: 8080,
      ports: { type: 'only', ports: [3306, 5432] },
    },
    {
      ...pair,
      type: 'tcp',
      direction: 'gained',
      port: 'any',
      ports: { type: 'all but', ports: [] },
    },
  ]
  expect(printAccessChanges(changes)).toEqual([
    '+ every identity of the mesh → every service of bookstore',
    '+ bookthief/bookthief → bookstore/bookstore-v1   GET, e.g. GET /books/0 with client: b   (bookstore/access.yaml:12)',
    '- bookthief/bookthief → bookstore/bookstore-v1:8080   TCP port 3306, 5432   (bookstore/access.yaml:12)',
    '+ bookthief/bookthief → bookstore/bookstore-v1   every TCP port   (bookstore/access.yaml:12)',
  ])
})
