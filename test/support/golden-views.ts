/** The views whose rendering is kept in test/golden/envoy. */
import type { IntentOptions } from './intent-builders.ts'

export interface GoldenView {
  readonly account: string
  readonly file: string
  readonly change: IntentOptions
}

const OPEN: IntentOptions = { mesh: { permissive: true, egressPassthrough: true } }

export const GOLDEN_VIEWS: readonly GoldenView[] = [
  { account: 'bookbuyer/bookbuyer', file: 'bookbuyer.yaml', change: {} },
  { account: 'bookstore/bookstore-v1', file: 'bookstore-v1.yaml', change: {} },
  { account: 'bookwarehouse/bookwarehouse', file: 'bookwarehouse-scraped.yaml', change: {} },
  { account: 'bookstore/bookstore-v2', file: 'bookstore-v2-open.yaml', change: OPEN },
]
