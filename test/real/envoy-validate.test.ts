/** A real Envoy accepts every configuration that is kept in test/golden/envoy, word for word. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { toLeafSecret } from '../../src/render/envoy/leaf-secret.ts'
import { toJsonObjects } from '../../src/render/envoy/to-static-config.ts'
import { GOLDEN_VIEWS, type GoldenView } from '../support/golden-views.ts'
import { anAccount } from '../support/intent-builders.ts'
import { MeshAuthority } from '../support/mesh-authority.ts'
import { realEnvoy, validate } from '../support/real-envoy.ts'
import { ROOT_PEM } from '../support/rendered-mesh.ts'

interface Config {
  readonly static_resources: {
    readonly listeners: readonly {
      filter_chains: { name: string; filter_chain_match: unknown }[]
    }[]
    readonly secrets: unknown[]
  }
}

const envoy = (await realEnvoy('whether Envoy accepts what is rendered')) ?? ''
const authority = await MeshAuthority.open()

/** The golden files have no keys in them: a root and a leaf of this run take their places. */
async function readGolden({ file, account }: GoldenView): Promise<Config> {
  const golden = await readFile(join(import.meta.dirname, '../golden/envoy', file), 'utf8')
  const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)
  const whole = JSON.stringify(load(golden)).replaceAll(inJson(ROOT_PEM), inJson(authority.rootPem))
  const config = JSON.parse(whole) as Config
  const leaf = toLeafSecret({ account: anAccount(account), ...(await authority.issue(account)) })
  config.static_resources.secrets.push(...toJsonObjects('secret', [leaf]))
  return config
}

describe.skipIf(envoy === '')('a real Envoy', () => {
  it.each(GOLDEN_VIEWS)('accepts $file, and finds nothing deprecated in it', async (view) => {
    const verdict = await validate(envoy, await readGolden(view))
    expect(verdict).toEqual({ status: 0, output: expect.stringMatching(/^[^\n]* OK\n$/) })
  })

  it('refuses one filter chain twice, so that the tests above mean something', async () => {
    const [view] = GOLDEN_VIEWS
    if (view === undefined) throw new Error('there is no golden view')
    const config = await readGolden(view)
    const chains = config.static_resources.listeners[0]?.filter_chains ?? []
    chains.push({ ...chains[0], name: 'again' } as (typeof chains)[number])
    const { status, output } = await validate(envoy, config)
    expect([status, output]).toEqual([1, expect.stringContaining('filter chain')])
  })
})
