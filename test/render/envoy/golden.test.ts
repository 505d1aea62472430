/** The bookstore as Envoys are told it, in files that are reviewed like code. `vitest run -u` writes them anew. */
import type { JsonValue } from '@bufbuild/protobuf'
import { dump } from 'js-yaml'
import { expect, it } from 'vitest'
import { toStaticConfig } from '../../../src/render/envoy/to-static-config.ts'
import { bookstoreIntent, bookstoreInventory } from '../../support/bookstore.ts'
import { GOLDEN_VIEWS } from '../../support/golden-views.ts'
import { RenderedMesh } from '../../support/rendered-mesh.ts'

/** What occurs again is written as a reference to where it was first, so that the files stay short enough to read. */
function withAnchors(config: JsonValue): JsonValue {
  const known = new Map<string, JsonValue>()
  const intern = (value: JsonValue): JsonValue => {
    if (typeof value !== 'object' || value === null) return value
    const text = JSON.stringify(value)
    const same = known.get(text)
    if (same !== undefined) return same
    const copy = Array.isArray(value)
      ? value.map(intern)
      : Object.fromEntries(Object.entries(value).map(([key, member]) => [key, intern(member)]))
    if (text.length > 200) known.set(text, copy)
    return copy
  }
  return intern(config)
}

it.each(GOLDEN_VIEWS)(
  'tells $account what test/golden/envoy/$file says',
  async ({ account, file, change }) => {
    const mesh = new RenderedMesh({
      intent: bookstoreIntent(change),
      inventory: bookstoreInventory(),
    })
    const config = toStaticConfig({ resources: mesh.resources(account) })
    await expect(dump(withAnchors(config), { lineWidth: 120 })).toMatchFileSnapshot(
      `../../golden/envoy/${file}`,
    )
  },
)
