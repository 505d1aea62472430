/** OSM's bookstore as the example repository has it: the world that golden files and whole-mesh tests are about. */
import type { ClusterInventory } from '../../src/model/cluster-inventory.ts'
import type { Intent } from '../../src/policy/intent.ts'
import { anIntent, type GrantOptions, type IntentOptions } from './intent-builders.ts'
import { anInventory } from './inventory-builders.ts'

const ROUTES = [
  {
    group: 'bookstore/bookstore-routes',
    name: 'books-bought',
    path: '/books-bought',
    methods: ['GET'],
  },
  {
    group: 'bookstore/bookstore-routes',
    name: 'buy-a-book',
    path: '/buy-a-book/new',
    methods: ['GET'],
  },
] as const

const RESTOCK = {
  group: 'bookwarehouse/bookwarehouse-routes',
  name: 'restock-books',
  path: '/restock-books',
  methods: ['POST'],
} as const

const GRANTS: readonly GrantOptions[] = [
  { to: 'bookstore/bookstore-v1', from: ['bookbuyer/bookbuyer'], http: ROUTES },
  { to: 'bookstore/bookstore-v2', from: ['bookbuyer/bookbuyer'], http: ROUTES },
  {
    to: 'bookwarehouse/bookwarehouse',
    from: ['bookstore/bookstore-v1', 'bookstore/bookstore-v2'],
    http: [RESTOCK],
  },
]

export function bookstoreIntent(change: IntentOptions = {}): Intent {
  return anIntent({
    namespaces: ['bookbuyer', 'bookstore', 'bookthief', 'bookwarehouse'],
    grants: GRANTS,
    splits: [{ root: 'bookstore/bookstore', backends: { 'bookstore-v1': 50, 'bookstore-v2': 50 } }],
    ...change,
  })
}

export function bookstoreInventory(): ClusterInventory {
  const v1 = { app: 'bookstore', version: 'v1' }
  const v2 = { app: 'bookstore', version: 'v2' }
  return anInventory({
    services: [
      { name: 'bookstore/bookstore', selector: { app: 'bookstore' }, clusterIps: ['198.19.0.1'] },
      { name: 'bookstore/bookstore-v1', selector: v1, clusterIps: ['198.19.0.2'] },
      { name: 'bookstore/bookstore-v2', selector: v2, clusterIps: ['198.19.0.3'] },
      { name: 'bookwarehouse/bookwarehouse', clusterIps: ['198.19.0.4'] },
    ],
    pods: [
      { account: 'bookbuyer/bookbuyer', ip: '198.18.0.1' },
      { account: 'bookthief/bookthief', ip: '198.18.0.2' },
      { account: 'bookstore/bookstore-v1', labels: v1, ip: '198.18.0.3' },
      { account: 'bookstore/bookstore-v2', labels: v2, ip: '198.18.0.4' },
      {
        account: 'bookwarehouse/bookwarehouse',
        ip: '198.18.0.5',
        annotations: { 'prometheus.io/scrape': 'true' },
      },
    ],
  })
}
