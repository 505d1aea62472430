/** A real Envoy accepts every configuration that is kept in test/golden/envoy, word for word. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { toAccountKey } from '../../src/model/service-account.ts'
import { toLeafSecret } from '../../src/render/envoy/leaf-secret.ts'
import { toJsonObjects, toStaticConfig } from '../../src/render/envoy/to-static-config.ts'
import { GOLDEN_VIEWS, type GoldenView } from '../support/golden-views.ts'
import { anAccount } from '../support/intent-builders.ts'
import { MeshAuthority } from '../support/mesh-authority.ts'
import { anyWorld, type World } from '../support/random-worlds.ts'
import { realEnvoy, validate } from '../support/real-envoy.ts'
import { RenderedMesh, ROOT_PEM } from '../support/rendered-mesh.ts'

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

function withRoot(text: string): Config {
  const inJson = (pem: string): string => JSON.stringify(pem).slice(1, -1)
  return JSON.parse(text.replaceAll(inJson(ROOT_PEM), inJson(authority.rootPem))) as Config
}

/** The golden files have no keys in them: a root and a leaf of this run take their places. */
async function readGolden({ file, account }: GoldenView): Promise<Config> {
  const golden = await readFile(join(import.meta.dirname, '../golden/envoy', file), 'utf8')
  const config = withRoot(JSON.stringify(load(golden)))
  const leaf = toLeafSecret({ account: anAccount(account), ...(await authority.issue(account)) })
  config.static_resources.secrets.push(...toJsonObjects('secret', [leaf]))
  return config
}

/** Every view of a world that is told anything. */
function configsOf(world: World): readonly Promise<unknown>[] {
  const mesh = new RenderedMesh(world)
  return [...mesh.snapshot.views.values()]
    .filter((view) => mesh.resources(view).listener.size > 0)
    .map(async (view) => {
      const leaf = await authority.issue(toAccountKey(view.account))
      const secret = toLeafSecret({ account: view.account, ...leaf })
      const config = toStaticConfig({ resources: mesh.resources(view), leaf: secret })
      return withRoot(JSON.stringify(config))
    })
}

describe.skipIf(envoy === '')('a real Envoy', () => {
  it.each(GOLDEN_VIEWS)('accepts $file, and finds nothing deprecated in it', async (view) => {
    const verdict = await validate(envoy, await readGolden(view))
    expect(verdict).toEqual({ status: 0, output: expect.stringMatching(/^[^\n]* OK\n$/) })
  })

  it('accepts what is rendered of random worlds', async () => {
    const worlds = fc.sample(anyWorld, { seed: 2026, numRuns: 40 })
    const verdicts = await Promise.all(
      worlds.flatMap(configsOf).map(async (config) => validate(envoy, await config)),
    )
    expect(verdicts.filter(({ status }) => status !== 0)).toEqual([])
    expect(verdicts.length).toBeGreaterThan(50)
  }, 120_000)

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
